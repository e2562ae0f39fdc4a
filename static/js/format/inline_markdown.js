/** Runs of formatted text as Markdown. */

import { linkTo } from "chatsite/format/writing_aids.js";

const MARKS = [
  ["bold", "**"],
  ["italic", "*"],
  ["struck", "~~"],
];

/** Returns runs ({text, bold, italic, struck, code, href}) as Markdown. The text may contain line breaks. */
export function inline(runs) {
  const text = linked(runs.map((run) => ({ ...run, text: run.text.replace(/\u00a0/g, " ") })));
  return text.replace(/[ \t]*\n[ \t]*/g, "\n").replace(/ {2,}/g, " ").trim().replace(/^.*$/gm, escapeBeginning);
}

function linked(runs) {
  return segments(runs, "href").map(([href, part]) => {
    const plain = part.map(({ text }) => text).join("").trim();
    if (!href || !plain) return marked(part, MARKS);
    const isSame = [href, href.replace(/^mailto:/i, ""), href.replace(/\/$/, "")].includes(plain);
    if (isSame) return spaced(part, () => (/^mailto:/i.test(href) ? plain : href));
    return spaced(part, () => linkTo(href, "\0").replace("\0", () => marked(part, MARKS).trim().replace(/\n/g, " ")));
  }).join("");
}

function marked(runs, [mark, ...others]) {
  if (!mark) return segments(runs, "code").map(([isCode, part]) => (isCode ? code(part) : part.map(({ text }) => escape(text)).join(""))).join("");
  const [name, sign] = mark;
  return segments(runs, name).map(([isOn, part]) => {
    const text = marked(part, others);
    return isOn && text.trim() ? spaced(part, () => sign + text.trim() + sign) : text;
  }).join("");
}

function code(runs) {
  const text = runs.map(({ text: each }) => each).join("");
  const sign = "`".repeat(1 + Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length)));
  const pad = /^`|`$/.test(text.trim()) ? " " : "";
  return text.trim() ? spaced(runs, () => sign + pad + text.trim().replace(/\s+/g, " ") + pad + sign) : text;
}

/** Puts the spaces at the ends of the runs outside of the marks, where Markdown needs them. */
function spaced(runs, render) {
  const text = runs.map(({ text: each }) => each).join("");
  return /^\s*/.exec(text)[0] + render() + /\s*$/.exec(text)[0];
}

/** Returns [value, runs] for consecutive runs with the same value of a mark. */
function segments(runs, name) {
  const parts = [];
  for (const run of runs) {
    const value = run[name] || null;
    if (parts.length && (parts.at(-1)[0] === value || (name !== "href" && !run.text.trim()))) parts.at(-1)[1].push(run);
    else parts.push([value, [run]]);
  }
  return parts;
}

/** Escapes what Markdown would read as formatting, but leaves URLs as they are. */
function escape(text) {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, n) => (n % 2 ? part : part.replace(/\\(?=[!-/:-@[-`{-~])|[*`]|~~|\[(?=[^\]]*\]\()|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\$&")))
    .join("");
}

/** Escapes the beginning of a line that would become a heading, quote, list or code block. */
function escapeBeginning(line) {
  return line.replace(/^(\d{1,9})(?=[.)](?:\s|$))/, "$1\\").replace(/^(?:#{1,6}(?=\s|$)|[-+](?=\s|$|-)|>|~~~|=)/, "\\$&");
}
