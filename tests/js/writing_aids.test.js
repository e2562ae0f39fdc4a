/** Aids for writing Markdown: marks, links, lists and formatted text. In the tests, "|" marks the ends of the selection. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inline } from "chatsite/format/inline_markdown.js";
import { continueLine, linkSelection, makeCodeBlock, makeLink, toggleLines, toggleMark } from "chatsite/format/writing_aids.js";

/** Applies an edit to a text with "|" at the caret, or at both ends of the selection. Returns null if there is none. */
function apply(marked, edit, ...options) {
  const [before, inside, after] = marked.split("|").length === 3 ? marked.split("|") : marked.replace("|", "||").split("|");
  const value = before + inside + after;
  const made = edit(value, before.length, before.length + inside.length, ...options);
  if (!made) return null;
  const text = value.slice(0, made.start) + made.text + value.slice(made.end);
  const [from, to] = made.selection;
  return `${text.slice(0, from)}|${from === to ? "" : `${text.slice(from, to)}|`}${text.slice(to)}`;
}

test("a mark is put around the selection without its spaces, and taken away again", () => {
  assert.equal(apply("a |bold |word", toggleMark, "**"), "a **|bold|** word");
  assert.equal(apply("a **|bold|** word", toggleMark, "**"), "a |bold| word");
  assert.equal(apply("a |**bold**| word", toggleMark, "**"), "a |bold| word");
  assert.equal(apply("a **|bold|** word", toggleMark, "*"), "a ***|bold|*** word");
  assert.equal(apply("a ***|bold|*** word", toggleMark, "*"), "a **|bold|** word");
  assert.equal(apply("here |", toggleMark, "`"), "here `|`");
  assert.equal(apply("here `|`", toggleMark, "`"), "here |");
});

test("a link asks for what is missing", () => {
  assert.equal(apply("see |the plan|.", makeLink), "see [the plan](|https://|).");
  assert.equal(apply("see |https://a.org/x|", makeLink), "see [|](https://a.org/x)");
  assert.equal(apply("see |", makeLink), "see [|](https://)");
});

test("a URL pasted over words becomes their link", () => {
  assert.equal(apply("see |the [plan]|.", linkSelection, "https://a.org/x_(y)"), "see [the \\[plan\\]](<https://a.org/x_(y)>)|.");
  assert.equal(apply("see |the plan|", linkSelection, "not a url"), null);
  assert.equal(apply("see |https://b.org|", linkSelection, "https://a.org"), null);
  assert.equal(apply("see [x](|here|)", linkSelection, "https://a.org"), null);
  assert.equal(apply("```\n|word|", linkSelection, "https://a.org"), null);
  assert.equal(apply("|", linkSelection, "https://a.org"), null);
  assert.equal(apply("|two\nlines|", linkSelection, "https://a.org"), null);
});

const LINES = [
  ["- one|", "- one\n- |"],
  ["- one| and two", "- one\n- | and two"],
  ["  * one|", "  * one\n  * |"],
  ["1. one\n2. two|", "1. one\n2. two\n3. |"],
  ["9) nine|", "9) nine\n10) |"],
  ["- [x] done|", "- [x] done\n- [ ] |"],
  ["> quoted|", "> quoted\n> |"],
  ["> - in it|", "> - in it\n> - |"],
  ["- one\n- |", "- one\n|"],
  ["> - one\n> - |", "> - one\n> |"],
  ["> one\n> |", "> one\n|"],
  ["1. |", "|"],
  ["- [ ] |", "|"],
];

for (const [before, after] of LINES) {
  test(`a new line after ${JSON.stringify(before)}`, () => assert.equal(apply(before, continueLine), after));
}

test("elsewhere, a new line is only a new line", () => {
  for (const text of ["plain|", "    indented|", "-no list|", "|- one", "- |one|", "```\n- code|", "2026|", "- | left"]) {
    assert.equal(apply(text, continueLine), text === "- | left" ? "- \n- | left" : null, text);
  }
});

test("lines become a list, a quote or code, and lines again", () => {
  assert.equal(apply("a|b\nc|d", toggleLines, "- "), "|- ab\n- cd|");
  assert.equal(apply("|- ab\n- cd|", toggleLines, "- "), "|ab\ncd|");
  assert.equal(apply("x\n|a\nb|", toggleLines, "1. "), "x\n|1. a\n2. b|");
  assert.equal(apply("|1. a\n2. b|", toggleLines, "1. "), "|a\nb|");
  assert.equal(apply("|", toggleLines, "> "), "> |");
  assert.equal(apply("say |x = `1`| now", makeCodeBlock), "say \n```\n|x = `1`|\n```\n now");
  assert.equal(apply("|```\ncode\n```|", makeCodeBlock), "````\n|```\ncode\n```|\n````");
});

const RUNS = [
  [[{ text: "a " }, { text: "b", bold: true }, { text: "c ", bold: true }, { text: "d" }], "a **bc** d"],
  [[{ text: "a", bold: true }, { text: "b", bold: true, italic: true }], "**a*b***"],
  [[{ text: "the " }, { text: " plan ", href: "https://a.org" }, { text: "now" }], "the [plan](https://a.org) now"],
  [[{ text: "https://a.org/a_b_", href: "https://a.org/a_b_" }], "https://a.org/a_b_"],
  [[{ text: "a@b.org", href: "mailto:a@b.org" }], "a@b.org"],
  [[{ text: "x = `1`", code: true }], "`` x = `1` ``"],
  [[{ text: "f", code: true, href: "https://a.org" }], "[`f`](https://a.org)"],
  [[{ text: "2 * 3, snake_case, _x_ and [y](z)" }], "2 \\* 3, snake_case, \\_x\\_ and \\[y](z)"],
  [[{ text: "1. no list\n- nor this\n# or this\n> or this" }], "1\\. no list\n\\- nor this\n\\# or this\n\\> or this"],
  [[{ text: "gone", struck: true }, { text: "\u00a0 here" }], "~~gone~~ here"],
  [[{ text: " ", bold: true }], ""],
];

for (const [runs, markdown] of RUNS) {
  test(`formatted text as ${JSON.stringify(markdown)}`, () => assert.equal(inline(runs), markdown));
}
