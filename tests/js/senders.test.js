/** The names and avatars with which messages are shown. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteOf } from "chatsite/format/excerpt.js";
import { shownSender } from "chatsite/format/senders.js";

const BOT = { id: 7, username: "deploys", name: "Deploys", avatar: "/avatars/7/", is_bot: true };

test("messages are shown with their sender, or a bot under its alias", () => {
  assert.equal(shownSender({ sender: BOT }), BOT);
  const both = shownSender({ sender: BOT, alias: { name: "Train", emoji: "🚋" } });
  assert.deepEqual(both, { ...BOT, name: "Train", avatar: null, emoji: "🚋" });
  const named = shownSender({ sender: BOT, alias: { name: "Train", emoji: "" } });
  assert.deepEqual([named.name, named.avatar], ["Train", BOT.avatar]);
  assert.equal(shownSender({ sender: BOT, alias: { name: "", emoji: "🚋" } }).name, "Deploys");
});

test("quotes keep the alias, and may lack a sender", () => {
  const alias = { name: "Train", emoji: "🚋" };
  assert.deepEqual(quoteOf({ id: 1, seq: 1, sender: BOT, alias, body: "hi" }).alias, alias);
  assert.equal(shownSender({ sender: undefined }), undefined);
});
