/** Scheduled messages: those of a room, and those that were refused. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ScheduledMessages } from "chatsite/model/scheduled_messages.js";

const scheduled = (id, room, isRefused = false) => ({ client_id: id, room, is_refused: isRefused });

test("counts those of a room and those that were refused", () => {
  const all = new ScheduledMessages();
  all.replace([scheduled("a", 1), scheduled("b", 2, true), scheduled("c", 1)]);
  assert.deepEqual([all.count, all.refused, all.inRoom(1), all.inRoom(2), all.inRoom(undefined)], [3, 1, 2, 1, 0]);
});

test("a message that changes isn't counted twice, and one that was sent is forgotten", () => {
  const all = new ScheduledMessages();
  all.set(scheduled("a", 1));
  all.set(scheduled("a", 1, true));
  assert.deepEqual([all.count, all.isRefused("a")], [1, true]);
  all.remove("a");
  assert.deepEqual([all.count, all.isRefused("a")], [0, false]);
});

test("tells only of changes", () => {
  const all = new ScheduledMessages();
  let changes = 0;
  all.addEventListener("change", () => (changes += 1));
  all.remove("unknown");
  assert.equal(changes, 0);
  all.set(scheduled("a", 1));
  all.remove("a");
  assert.equal(changes, 2);
});
