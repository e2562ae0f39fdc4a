/** What people read of the server's errors. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { errorText } from "chatsite/format/error_text.js";

test("the field's name is left out, and nothing else", () => {
  assert.equal(errorText({ field: "user", detail: "user: You can’t block yourself." }), "You can’t block yourself.");
  assert.equal(errorText({ detail: "note: Bo is banned." }), "note: Bo is banned.");
  assert.equal(errorText({ field: "name", detail: "Names: two." }), "Names: two.");
  assert.equal(errorText(), "");
});
