/** The viewer of text files. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { lineSplitter } from "chatsite/elements/text_viewer.js";

test("a text in any chunks is drawn in whole lines, many at once", async () => {
  const lines = lineSplitter(2);
  const writer = lines.writable.getWriter();
  for (const chunk of ["on", "e\ntwo\nthree\nfo", "ur", "\nfive"]) writer.write(chunk);
  writer.close();
  const chunks = [];
  for await (const chunk of lines.readable) chunks.push(chunk);
  assert.deepEqual(chunks, [["one", "two"], ["three"], ["four"], ["five"]]);
});
