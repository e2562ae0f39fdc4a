/** Requests to the server. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { csrfToken, getJson, stopRequests } from "chatsite/net/http.js";

test("the CSRF token is found among the cookies", () => {
  assert.equal(csrfToken("theme=dark; csrftoken=abc123; x=y"), "abc123");
  assert.equal(csrfToken("notcsrftoken=no"), "");
});

test("requests that are stopped neither resolve nor reject", async () => {
  globalThis.fetch = (_url, { signal }) =>
    new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const running = getJson("/running/");
  stopRequests();
  const later = getJson("/later/");
  const nothing = new Promise((resolve) => setTimeout(resolve, 20, "nothing"));
  assert.equal(await Promise.race([running, later, nothing]), "nothing");
});
