import assert from "node:assert/strict";
import { test } from "node:test";
import { Thread } from "chatsite/model/thread.js";
import { Threads } from "chatsite/model/threads.js";

const ROOT = 1;
const reply = (seq, fields = {}) => ({ id: seq, seq, version: seq, room: 7, thread: ROOT, at: "2026-11-30T04:00:00Z", sender: { id: 2 }, ...fields });

test("replies are counted once, from the last known one on", () => {
  const threads = new Threads();
  threads.learn([{ id: ROOT }], [{ message: ROOT, replies: 2, last_seq: 5, last_at: "" }]);
  for (const seq of [4, 5, 6, 6]) threads.addReply(reply(seq));
  assert.equal(threads.get(ROOT).replies, 3);
  threads.learn([{ id: ROOT }], []);
  assert.equal(threads.get(ROOT), undefined);
});

test("replies that arrive while threads are loaded are counted, too", () => {
  const threads = new Threads();
  threads.addReply(reply(4));
  const asked = threads.position;
  for (const seq of [5, 6, 7]) threads.addReply(reply(seq));
  threads.removeReply(reply(7));
  threads.learn([{ id: ROOT }], [{ message: ROOT, replies: 2, last_seq: 5, last_at: "" }], asked);
  assert.equal(threads.get(ROOT).replies, 3);
  threads.learn([{ id: ROOT }], [], asked);
  assert.equal(threads.get(ROOT).replies, 2);
  threads.learn([{ id: ROOT + 1 }], [], asked);
  assert.equal(threads.get(ROOT + 1), undefined);
});

test("unread replies count in followed threads only", () => {
  const threads = new Threads();
  threads.addReply(reply(2));
  assert.equal(threads.unreadCount, 0);
  threads.follow({ thread: ROOT, room: 7, seqs: [2] });
  threads.addReply(reply(3));
  assert.equal(threads.get(ROOT).unread, 2);
  threads.unfollow(ROOT);
  assert.equal(threads.unreadCount, 0);
});

test("an event about a new follower and the reply itself count the reply once, in either order", () => {
  const threads = new Threads();
  threads.follow({ thread: ROOT, room: 7, seqs: [2] });
  threads.addReply(reply(2));
  assert.equal(threads.get(ROOT).unread, 1);
});

test("reading the thread or the room reads the replies, and an edit doesn't make them unread again", () => {
  const threads = new Threads();
  threads.learnFollowed({ followed: [ROOT], unread: [{ thread: ROOT, room: 7, unread: 2, last_seq: 3 }] });
  threads.markRead(ROOT, 3);
  threads.addReply(reply(3, { version: 9 }));
  assert.equal(threads.unreadCount, 0);
  threads.addReply(reply(4));
  threads.markRoomRead(8, 4);
  assert.equal(threads.unreadCount, 1);
  threads.markRoomRead(7, 4);
  assert.equal(threads.unreadCount, 0);
});

test("an open thread takes its own replies only, without their quotes of the first message", () => {
  const thread = new Thread(7, ROOT);
  thread.load({ messages: [{ ...reply(1), thread: null }, reply(2, { reply_to: { id: ROOT } })], has_older: false });
  assert.equal(thread.merge(reply(3, { thread: 9 })), false);
  assert.equal(thread.merge(reply(4, { reply_to: { id: 2 } })), true);
  assert.deepEqual(thread.messages.map(({ id, reply_to: quote }) => [id, quote?.id]), [[1, undefined], [2, undefined], [4, 2]]);
  assert.equal(thread.replyTarget.id, ROOT);
  thread.merge({ ...reply(1), thread: null, version: 10, deleted_at: "2026-11-30T05:00:00Z" });
  assert.equal(thread.replyTarget.id, 4);
});
