/** Formatted text from the clipboard as Markdown. */

import { codeFence } from "chatsite/format/writing_aids.js";
import { inline } from "chatsite/format/inline_markdown.js";

// Larger or deeper HTML is pasted as plain text. On a busy machine, 200,000 characters took 150 ms, but 50,000 nested lists 30 s.
const MAX_HTML = 200_000;
const MAX_NESTING = 150;
const MAX_DEPTH = 12; // of lists, quotes and tables in each other
const NESTED_TAG = /<(\/?)(?:a|b|big|blockquote|center|code|div|em|font|i|ol|s|section|small|span|strong|sub|sup|table|tt|u|ul)\b/gi;
const MAX_COLUMNS = 50;
const TAG = /<[a-z][^<>]*>/gi;
const STYLED = /\s(style|on\w+)\s*=/gi;
const STYLE_SHEET = /<style\b[\s\S]*?(?:<\/style\s*>|$)/gi;
const BLOCKS = new Set("ADDRESS ARTICLE ASIDE CENTER DD DIV DL DT FIGCAPTION FIGURE FOOTER FORM HEADER HR MAIN NAV P SECTION TD TH TR".split(" "));
const IGNORED = new Set("BUTTON HEAD NOSCRIPT OBJECT SCRIPT SELECT STYLE SVG TEMPLATE TEXTAREA TITLE".split(" "));
const MARK_OF = {
  ...{ B: "bold", STRONG: "bold", I: "italic", EM: "italic", S: "struck", DEL: "struck", STRIKE: "struck" },
  ...{ CODE: "code", KBD: "code", SAMP: "code", TT: "code" },
};
const LISTS = new Set(["UL", "OL", "MENU"]);
const GAP_BEFORE_ITEM = /\n\n(?=[ \t]*(?:[-*+]|\d+[.)]) )/g;
const BOLD = /(?:^|;)\s*font-weight\s*:\s*(bold|[6-9]00|normal|[1-5]00)/i;
const ITALIC = /(?:^|;)\s*font-style\s*:\s*(italic|normal)/i;
const STRUCK = /(?:^|;)\s*text-decoration(?:-line)?\s*:[^;]*(line-through|none)/i;

/**
 * Returns the Markdown of HTML from the clipboard, or null if it has no formatting worth keeping, comes from a code editor or is
 * too large. The HTML is parsed in a document of its own, where nothing runs or loads.
 */
export function markdownOf(html, parser = new DOMParser()) {
  if (html.length > MAX_HTML || isDeep(html)) return null;
  const { body } = parser.parseFromString(withoutStyles(html), "text/html");
  if (isFromEditor(body)) return null;
  const writer = new Writer(0);
  writer.walk(body, {});
  return writer.isFormatted ? writer.text.trim() : null;
}

function isDeep(html) {
  let depth = 0;
  for (const [, close] of html.matchAll(NESTED_TAG)) {
    depth += close ? -1 : 1;
    if (depth > MAX_NESTING) return true;
  }
  return false;
}

/** Renames the attributes that the content security policy would report, and drops style sheets. */
function withoutStyles(html) {
  return html.replace(STYLE_SHEET, "").replace(TAG, (tag) => tag.replace(STYLED, " data-$1="));
}

/** Code editors copy one element that keeps its spaces, with the colors of the code. */
function isFromEditor(body) {
  const [root, ...others] = [...body.children].filter(({ tagName }) => tagName !== "META" && tagName !== "BR");
  if (!root || others.length) return false;
  return /white-space\s*:\s*pre/i.test(styleOf(root)) || (root.tagName === "PRE" && /font-family/i.test(styleOf(root)));
}

function styleOf(element) {
  return element.dataset?.style ?? "";
}

/** Collects the blocks of an element's content. */
class Writer {
  isFormatted = false;
  #blocks = [];
  #runs = [];
  #depth;

  constructor(depth) {
    this.#depth = depth;
  }

  /** The blocks, with empty lines between them, except between the items of a list from Word. */
  get text() {
    this.#flush();
    return this.#blocks.map(({ text, isItem }, n) => (n ? (isItem && this.#blocks[n - 1].isItem ? "\n" : "\n\n") : "") + text).join("");
  }

  walk(node, marks) {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) this.#runs.push({ ...marks, text: marks.isPre ? child.data : child.data.replace(/[ \t\r\n]+/g, " ") });
      else if (child.nodeType === 1 && !IGNORED.has(child.tagName.toUpperCase())) this.#visit(child, marks);
    }
  }

  #visit(element, marks) {
    const { tagName } = element;
    if (tagName === "BR") this.#runs.push({ ...marks, text: "\n" });
    else if (tagName === "IMG") this.#runs.push({ ...marks, text: emojiOf(element) });
    else if (tagName === "PRE") this.#addPre(element);
    else if (/^H[1-6]$/.test(tagName)) this.#addHeading(element, marks);
    else if (LISTS.has(tagName)) this.#addList(element);
    else if (tagName === "BLOCKQUOTE") this.#add(quote(this.#inner(element)));
    else if (tagName === "TABLE") this.#addTable(element);
    else if (/mso-list\s*:\s*(?!ignore)/i.test(styleOf(element))) this.#addWordItem(element);
    else if (BLOCKS.has(tagName)) this.#addBlock(element, marks);
    else this.walk(element, this.#marksOf(element, marks));
  }

  #addBlock(element, marks) {
    this.#flush();
    this.walk(element, this.#marksOf(element, marks));
    this.#flush();
  }

  #addPre(element) {
    const text = element.textContent.replace(/^\n+|\s+$/g, "");
    if (text) this.#add(codeFence(text));
  }

  /** Chat messages have three sizes of headings. */
  #addHeading(element, marks) {
    const text = inline(this.#runsOf(element, { ...marks, isHeading: true })).replace(/\s*\n\s*/g, " ");
    if (text) this.#add(`${"#".repeat(Math.min(3, Number(element.tagName[1])))} ${text}`);
  }

  #addList(list) {
    const items = [];
    let number = Number(list.getAttribute("start")) || 1;
    let bullet = "- ";
    for (const child of list.children) {
      const isNested = LISTS.has(child.tagName); // outside of an item, which is invalid but common
      const text = this.#inner(isNested ? { childNodes: [child] } : child).replace(GAP_BEFORE_ITEM, "\n");
      if (!isNested && text && list.tagName === "OL") bullet = `${number++}. `;
      if (text) items.push(isNested && items.length ? indent(text, bullet.length) : bullet + indent(text, bullet.length).trimStart());
    }
    this.#add(items.join("\n"), true);
  }

  #addWordItem(element) {
    const label = [...element.querySelectorAll("[data-style]")].find((each) => /mso-list\s*:\s*ignore/i.test(styleOf(each)));
    const bullet = /^\s*(\d+)[.)]/.exec(label?.textContent ?? "");
    const level = Number(/level(\d)/i.exec(styleOf(element))?.[1] ?? 1);
    label?.remove();
    const text = inline(this.#runsOf(element, {}));
    if (text) this.#add(`${"   ".repeat(level - 1)}${bullet ? `${bullet[1]}.` : "-"} ${text}`, true);
  }

  #addTable(table) {
    const rows = [...table.querySelectorAll("tr")].filter((row) => row.closest("table") === table).map((row) => this.#cellsOf(row));
    const width = Math.min(MAX_COLUMNS, Math.max(0, ...rows.map(({ length }) => length)));
    const isLayout = width < 2 || rows.length < 2; // as in emails, or a single cell of a spreadsheet
    if (isLayout) return this.walk({ childNodes: table.querySelectorAll("td, th") }, {});
    const line = (cells) => `| ${Array.from({ length: width }, (_, n) => cells[n] ?? "").join(" | ")} |`;
    const [head, ...others] = rows;
    this.#add([line(head), line(Array(width).fill("---")), ...others.map(line)].join("\n"));
  }

  #cellsOf(row) {
    const cells = [];
    for (const cell of row.cells) {
      cells.push(inline(this.#runsOf(cell, {})).replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|"));
      for (let n = 1; n < Math.min(cell.colSpan, MAX_COLUMNS); n += 1) cells.push("");
    }
    return cells;
  }

  #add(text, isItem = false) {
    this.#flush();
    if (!text) return;
    this.isFormatted = true;
    this.#blocks.push({ text, isItem });
  }

  /** Returns the Markdown of an element's content, in a block of its own. */
  #inner(element) {
    if (this.#depth >= MAX_DEPTH) return (element.textContent ?? "").trim();
    const writer = new Writer(this.#depth + 1);
    writer.walk(element, {});
    this.isFormatted ||= writer.isFormatted;
    return writer.text.trim();
  }

  /** Returns an element's text as runs, whatever its structure. */
  #runsOf(element, marks) {
    const writer = new Writer(this.#depth);
    writer.#visitInline(element, marks);
    this.isFormatted ||= writer.isFormatted;
    return writer.#runs;
  }

  #visitInline(element, marks) {
    for (const child of element.childNodes) {
      if (child.nodeType === 3) this.#runs.push({ ...marks, text: child.data.replace(/[ \t\r\n]+/g, " ") });
      else if (child.nodeType !== 1 || IGNORED.has(child.tagName.toUpperCase())) continue;
      else if (child.tagName === "BR") this.#runs.push({ ...marks, text: "\n" });
      else if (child.tagName === "IMG") this.#runs.push({ ...marks, text: emojiOf(child) });
      else {
        if (BLOCKS.has(child.tagName) && this.#runs.length) this.#runs.push({ text: "\n" });
        this.#visitInline(child, this.#marksOf(child, marks));
      }
    }
  }

  #marksOf(element, marks) {
    const { tagName } = element;
    const result = { ...marks };
    const style = styleOf(element);
    if (MARK_OF[tagName]) result[MARK_OF[tagName]] = true;
    const [bold, italic, struck] = [BOLD, ITALIC, STRUCK].map((pattern) => pattern.exec(style)?.[1].toLowerCase());
    if (bold) result.bold = /bold|[6-9]00/.test(bold);
    if (marks.isHeading) result.bold = false;
    if (italic) result.italic = italic === "italic";
    if (struck === "line-through") result.struck = true;
    if (/white-space\s*:\s*pre/i.test(style)) result.isPre = true;
    const href = tagName === "A" ? (element.getAttribute("href") ?? "") : "";
    if (/^(?:https?:|mailto:)/i.test(href)) result.href = href.trim().replace(/\s/g, "%20");
    this.isFormatted ||= Boolean(result.bold || result.italic || result.struck || result.code || result.href);
    return result;
  }

  #flush() {
    const text = inline(this.#runs);
    this.#runs = [];
    if (text) this.#blocks.push({ text });
  }
}

function quote(text) {
  return text && text.replace(/^/gm, "> ").replace(/^> $/gm, ">");
}

function indent(text, size) {
  return text.replace(/^(?=.)/gm, " ".repeat(size));
}

/** Many pages show emoji as images. */
function emojiOf(image) {
  const alt = image.getAttribute("alt") ?? "";
  return alt.length <= 16 && /^\p{Extended_Pictographic}/u.test(alt) ? alt : "";
}
