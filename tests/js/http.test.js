/** Requests to the server. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { csrfToken } from "chatsite/net/http.js";

test("the CSRF token is found among the cookies", () => {
  assert.equal(csrfToken("theme=dark; csrftoken=abc123; x=y"), "abc123");
  assert.equal(csrfToken("notcsrftoken=no"), "");
});
