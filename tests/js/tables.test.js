/** Making Markdown tables of selected text. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTable } from "chatsite/format/tables.js";

function apply(before, selected, after = "") {
  const value = before + selected + after;
  const { start, end, text, selection } = makeTable(value, before.length, before.length + selected.length);
  return { text: value.slice(0, start) + text + value.slice(end), selection };
}

const EMPTY = "|  |  |\n| --- | --- |\n|  |  |";

test("without a selection, an empty table is inserted, apart from the text around it, with the caret in its first cell", () => {
  assert.deepEqual(apply("", ""), { text: EMPTY, selection: [2, 2] });
  assert.deepEqual(apply("above", "", "below"), { text: `above\n\n${EMPTY}\n\nbelow`, selection: [9, 9] });
  assert.equal(apply("above\n", "", "\n\nbelow").text, `above\n\n${EMPTY}\n\nbelow`);
});

test("selected lines with tabs become a table, whose short rows are filled up", () => {
  const { text, selection } = apply("Sums:\n", "Name\tSum, net\nA|B\t12\nx\n");
  assert.equal(text, "Sums:\n\n| Name | Sum, net |\n| --- | --- |\n| A\\|B | 12 |\n| x |  |");
  assert.deepEqual(selection, [text.length, text.length]);
});

test("selected lines with commas become a table, with quoted and empty cells", () => {
  const { text } = apply("", 'name,note,n\n"Sol, Mira","says ""hi""",1\n,b,\n,,c');
  assert.equal(text, '| name | note | n |\n| --- | --- | --- |\n| Sol, Mira | says "hi" | 1 |\n|  | b |  |\n|  |  | c |');
});

test("other selected text is kept, and the empty table follows it", () => {
  assert.equal(apply("", "one word").text, `one word\n\n${EMPTY}`);
});

test("the time for a long line of commas or quotation marks doesn't grow with the square of its length", () => {
  const text = `${",".repeat(1e6)}\n${'"'.repeat(1e6)}\n${'"a,'.repeat(1e6)}`; // would take hours
  assert.ok(apply("", text).text.includes(EMPTY));
});
