/** Tables in Markdown. */

const MAX_COLUMNS = 20;
const EMPTY = [
  ["", ""],
  ["", ""],
];

/** Turns the selected lines, with cells separated by tabs or commas, into a table, or inserts an empty one. */
export function makeTable(value, start, end) {
  const rows = rowsOf(value.slice(start, end).replace(/^\n+|\n+$/g, ""));
  const isEmpty = !rows;
  const at = isEmpty ? end : start;
  const table = markdownTable(rows ?? EMPTY);
  const before = breaks(value.slice(0, at), /\n*$/);
  const after = value.slice(end) ? breaks(value.slice(end), /^\n*/) : "";
  const first = at + before.length + 2;
  const last = at + before.length + table.length;
  return { start: at, end, text: before + table + after, selection: isEmpty ? [first, first] : [last, last] };
}

/** Returns the rows of text with at least two columns, or null. A tab separates cells wherever there is one. */
function rowsOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  const split = text.includes("\t") ? (line) => line.split("\t") : splitCommas;
  const rows = lines.map(split);
  const width = Math.max(0, ...rows.map(({ length }) => length));
  if (width < 2 || width > MAX_COLUMNS) return null;
  return rows.map((cells) => Array.from({ length: width }, (_, n) => (cells[n] ?? "").trim()));
}

/** Splits a line of CSV, in which quoted cells may contain commas, and quotes are doubled. */
function splitCommas(line) {
  const cells = `,${line}`.match(/,(?:\s*"(?:[^"]|"")*"\s*(?=,|$)|[^,]*)/g);
  return cells.map((cell) => {
    const text = cell.slice(1).trim();
    return /^".*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
  });
}

function markdownTable([header, ...rows]) {
  const line = (cells) => `| ${cells.map((cell) => cell.replace(/\\?\|/g, "\\|")).join(" | ")} |`;
  return [header, header.map(() => "---"), ...rows].map(line).join("\n");
}

/** A table needs an empty line before and after it. */
function breaks(text, edge) {
  return text.trim() ? "\n".repeat(Math.max(0, 2 - edge.exec(text)[0].length)) : "";
}
