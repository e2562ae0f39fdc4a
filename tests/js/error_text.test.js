/** What people read of what is said for programs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "chatsite/format/error_text.js";

test("a field's name is left out, and nothing else", () => {
  assert.equal(sentence("user: you cannot block yourself."), "You cannot block yourself.");
  assert.equal(sentence("slow_seconds: from 0."), "From 0.");
  for (const said of ["There is no connection.", "Note: this stays.", "", "two words: stay"]) assert.equal(sentence(said), said);
});
