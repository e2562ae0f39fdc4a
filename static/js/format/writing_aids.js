/**
 * Aids for writing Markdown. An edit is {start, end, text, selection: [start, end]}: `text` replaces the text between `start` and
 * `end`, and `selection` is selected afterwards.
 */

/** The beginning of a quote or list item: quote marks and indentation, then the bullet or number, spaces, and a task's box. */
const PREFIX = /^((?:[ \t]*>[ \t]?)*[ \t]*)(?:([-*+]|\d{1,9}[.)])([ \t]+)(\[[ xX]\][ \t]+)?)?/;
const FENCE = /^ {0,3}(?:```|~~~)/gm;
const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/i;
const NEW_ADDRESS = "https://";

/** Surrounds the selection with a mark such as "**", or removes the mark that already surrounds it. */
export function toggleMark(value, start, end, mark) {
  [start, end] = trim(value, start, end);
  const text = value.slice(start, end);
  const size = mark.length;
  if (isMarked(value, start, end, mark)) {
    return { start: start - size, end: end + size, text, selection: [start - size, end - size] };
  }
  if (text.length > 2 * size && isMarked(text, size, text.length - size, mark)) {
    return { start, end, text: text.slice(size, -size), selection: [start, end - 2 * size] };
  }
  return { start, end, text: mark + text + mark, selection: [start + size, end + size] };
}

/** Makes the selection a link. What is still missing, its text or its address, is selected. */
export function makeLink(value, start, end) {
  [start, end] = trim(value, start, end);
  const text = value.slice(start, end);
  const isAddress = isUrl(text);
  const link = linkTo(isAddress ? text : NEW_ADDRESS, isAddress ? "" : text);
  const address = start + link.length - 1 - NEW_ADDRESS.length;
  const selection = text && !isAddress ? [address, address + NEW_ADDRESS.length] : [start + 1, start + 1];
  return { start, end, text: link, selection };
}

/** Returns the edit that makes the selected words a link to a pasted URL, or null if they can't be its text. */
export function linkSelection(value, start, end, url) {
  [start, end] = trim(value, start, end);
  const text = value.slice(start, end);
  const isAddress = isUrl(text) || value.slice(start - 2, start) === "](";
  if (!text || text.includes("\n") || isAddress || !isUrl(url) || isInCode(value, start)) return null;
  return { start, end, text: linkTo(url, text), selection: caret(start + linkTo(url, text).length) };
}

/** Returns the edit for a new line that goes on with a list or quote, or ends it if the item is empty. Null elsewhere. */
export function continueLine(value, start, end) {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const line = value.slice(from, start);
  const [prefix, quote, bullet, space, box] = PREFIX.exec(line);
  if (!prefix.trim() || start !== end || isInCode(value, start)) return null;
  const to = value.indexOf("\n", start);
  const isEmpty = line === prefix && !value.slice(start, to < 0 ? undefined : to).trim();
  const rest = bullet ? quote.trimStart() : ""; // a quote goes on after the list in it
  if (isEmpty) return { start: from, end: start, text: rest, selection: caret(from + rest.length) };
  const next = `\n${quote}${bullet ? nextBullet(bullet) + space : ""}${box ? "[ ] " : ""}`;
  return { start, end, text: next, selection: caret(start + next.length) };
}

/** Puts a prefix such as "> " before the selected lines, or removes it. In a numbered list ("1. "), the lines are counted. */
export function toggleLines(value, start, end, prefix) {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const next = value.indexOf("\n", Math.max(start, end - 1));
  const to = next < 0 ? value.length : next;
  const isNumbered = prefix === "1. ";
  const lengthOf = (line) => (isNumbered ? (/^\d{1,9}[.)] /.exec(line)?.[0].length ?? 0) : line.startsWith(prefix) ? prefix.length : 0);
  const lines = value.slice(from, to).split("\n");
  const isOn = lines.every(lengthOf);
  const text = lines.map((line, n) => (isOn ? line.slice(lengthOf(line)) : (isNumbered ? `${n + 1}. ` : prefix) + line)).join("\n");
  return { start: from, end: to, text, selection: lines.length > 1 ? [from, from + text.length] : caret(from + text.length) };
}

/** Makes the selected lines a code block. */
export function makeCodeBlock(value, start, end) {
  const text = value.slice(start, end).replace(/^\n+|\n+$/g, "");
  const fence = fenceOf(text);
  const before = start > 0 && value[start - 1] !== "\n" ? "\n" : "";
  const after = end < value.length && value[end] !== "\n" ? "\n" : "";
  const first = start + before.length + fence.length + 1;
  return { start, end, text: `${before}${codeFence(text)}${after}`, selection: [first, first + text.length] };
}

/** Returns the text as a fenced code block. */
export function codeFence(text) {
  return `${fenceOf(text)}\n${text}\n${fenceOf(text)}`;
}

/** Returns whether the position is inside a fenced code block. */
export function isInCode(value, position) {
  return (value.slice(0, position).match(FENCE)?.length ?? 0) % 2 === 1;
}

export function isUrl(text) {
  return ADDRESS.test(text);
}

/** Returns the Markdown of a link. */
export function linkTo(url, text) {
  return `[${text.replace(/[[\]]/g, "\\$&")}](${/[()]/.test(url) ? `<${url}>` : url})`;
}

function isMarked(value, start, end, mark) {
  const [before, after] = [value.slice(0, start), value.slice(end)];
  if (!before.endsWith(mark) || !after.startsWith(mark)) return false;
  if (mark !== "*") return true;
  // "**" is bold, and "***" is both.
  return /\*+$/.exec(before)[0].length !== 2 && /^\*+/.exec(after)[0].length !== 2;
}

/** Leaves out spaces at the ends of the selection, because marks next to spaces have no effect. */
function trim(value, start, end) {
  const text = value.slice(start, end);
  if (!text.trim()) return [start, end];
  return [start + text.length - text.trimStart().length, end - text.length + text.trimEnd().length];
}

function nextBullet(bullet) {
  return /^\d/.test(bullet) ? `${parseInt(bullet, 10) + 1}${bullet.at(-1)}` : bullet;
}

function fenceOf(text) {
  return "`".repeat(Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length)) + 1);
}

function caret(position) {
  return [position, position];
}
