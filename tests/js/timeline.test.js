/** One room's messages: merging, holes, layout. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "chatsite/model/timeline.js";

const AT = Date.parse("2026-11-20T12:00:00");

function message(seq, { version = seq, sender = 1, minutes = seq, ...rest } = {}) {
  return {
    id: 100 + seq,
    seq,
    version,
    sender: { id: sender },
    at: new Date(AT + minutes * 60_000).toISOString(),
    body: `no. ${seq}`,
    ...rest,
  };
}

function timeline(from, to, { hasOlder = false, hasNewer = false, version = to } = {}) {
  const made = new Timeline();
  const messages = [];
  for (let seq = from; seq <= to; seq += 1) messages.push(message(seq));
  made.load({ messages, version, has_older: hasOlder, has_newer: hasNewer });
  return made;
}

const seqs = (made) => made.messages.map(({ seq }) => seq);
const drawn = (made, pending) =>
  made
    .entries(pending)
    .map((entry) => (entry.kind === "message" ? `${entry.message.seq ?? entry.message.client_id}${entry.first ? "!" : ""}` : entry.kind));

test("messages stand in the order of their numbers, however they come", () => {
  const made = timeline(1, 3);
  for (const seq of [6, 4, 5]) made.merge(message(seq));
  assert.deepEqual(seqs(made), [1, 2, 3, 4, 5, 6]);
});

test("the newer state of a message wins, the older is ignored", () => {
  const made = timeline(1, 3);
  assert.equal(made.merge(message(2, { version: 9, body: "new" })), true);
  assert.equal(made.merge(message(2, { version: 5, body: "old" })), false);
  assert.equal(made.at(2).body, "new");
});

test("versions are counted one by one, and a jump is noticed", () => {
  const made = timeline(1, 3);
  assert.equal(made.advance(4), "next");
  assert.equal(made.advance(4), "known");
  assert.equal(made.advance(7), "gap");
  assert.equal(made.version, 4);
});

test("a sync brings the newest states and the version", () => {
  const made = timeline(1, 3);
  made.applyChanges({ messages: [message(2, { version: 5, deleted_at: "x" }), message(4, { version: 6 })], version: 6 });
  assert.deepEqual(seqs(made), [1, 2, 3, 4]);
  assert.equal(made.version, 6);
});

test("far back in the history a new post does not follow what is shown", () => {
  const made = timeline(10, 20, { hasOlder: true, hasNewer: true });
  assert.equal(made.merge(message(90)), false);
  assert.equal(made.merge(message(2)), false);
  assert.equal(made.merge(message(15, { version: 99 })), true);
});

test("an older page is put before, a newer one after", () => {
  const made = timeline(10, 12, { hasOlder: true, hasNewer: true, version: 20 });
  assert.equal(made.prepend({ messages: [message(8), message(9)], has_older: false, version: 20 }), false);
  assert.equal(made.append({ messages: [message(13)], has_newer: false, version: 20 }), false);
  assert.deepEqual(seqs(made), [8, 9, 10, 11, 12, 13]);
  assert.deepEqual([made.hasOlder, made.hasNewer], [false, false]);
});

test("a page older than what was heard since makes the room ask for the changes", () => {
  const made = timeline(10, 12, { hasNewer: true, version: 20 });
  made.advance(21);
  assert.equal(made.append({ messages: [message(13)], has_newer: false, version: 20 }), true);
  assert.equal(made.version, 20);
});

test("what is dropped at an end can be loaded again", () => {
  const made = timeline(1, 10);
  made.dropOlder(4);
  assert.deepEqual([seqs(made), made.hasOlder], [[7, 8, 9, 10], true]);
  made.dropNewer(2);
  assert.deepEqual([seqs(made), made.hasNewer], [[7, 8], true]);
  assert.equal(made.get(101), undefined);
});

test("a group is one sender within five minutes", () => {
  const made = new Timeline();
  const messages = [
    message(1, { minutes: 0 }),
    message(2, { minutes: 4 }),
    message(3, { minutes: 9 }),
    message(4, { minutes: 10, sender: 2 }),
    message(5, { minutes: 11, sender: 2, reply_to: { id: 101 } }),
  ];
  made.load({ messages, version: 5, has_older: false, has_newer: false });
  assert.deepEqual(drawn(made), ["day", "1!", "2", "3!", "4!", "5!"]);
});

test("each day of the viewer begins with its line", () => {
  const made = new Timeline();
  made.load({ messages: [message(1), message(2, { minutes: 24 * 60 })], version: 2, has_older: false, has_newer: false });
  assert.deepEqual(drawn(made), ["day", "1!", "day", "2!"]);
});

test("the line of what is new stands once, before the first unread message", () => {
  const made = timeline(1, 4);
  made.newAfter = 2;
  assert.deepEqual(drawn(made), ["day", "1!", "2", "new", "3!", "4"]);
});

test("the line is not drawn where the first unread message may not be loaded yet", () => {
  const made = timeline(10, 12, { hasOlder: true });
  made.newAfter = 4;
  assert.deepEqual(drawn(made), ["day", "10!", "11", "12"]);
  made.newAfter = 9;
  assert.deepEqual(drawn(made), ["day", "new", "10!", "11", "12"]);
});

test("posts on their way stand at the end, and keep their key when they arrive", () => {
  const made = timeline(1, 1);
  const post = { client_id: "c", sender: { id: 1 }, at: message(2).at, body: "hi", state: "waiting" };
  assert.deepEqual(drawn(made, [post]), ["day", "1!", "c"]);
  const { key } = made.entries([post]).at(-1);
  made.merge(message(2, { client_id: "c" }));
  assert.equal(made.entries().at(-1).key, key);
});

test("posts on their way are not shown far back in the history", () => {
  const made = timeline(1, 2, { hasNewer: true });
  assert.deepEqual(drawn(made, [{ client_id: "c", sender: { id: 1 }, at: message(9).at }]), ["day", "1!", "2"]);
});

test("a deleted message does not live on in the answers to it", () => {
  const made = timeline(1, 1);
  made.merge(message(2, { reply_to: { id: 101, seq: 1, excerpt: "secret" } }));
  made.merge(message(1, { version: 9, deleted_at: "2026-11-20T12:30:00Z" }));
  assert.equal(made.at(2).reply_to.excerpt, "");
});

test("what was cleared does not come back with a change to it, nor in a quotation of it", () => {
  const made = new Timeline();
  made.load({ messages: [], version: 5, has_older: false, has_newer: false, room: { cleared_seq: 3 } });
  assert.equal(made.merge(message(2, { version: 6 })), false);
  made.merge(message(4, { reply_to: { id: 102, seq: 2, excerpt: "secret" } }));
  assert.deepEqual(seqs(made), [4]);
  assert.equal(made.at(4).reply_to.excerpt, "");
});

test("who is level with the room has read to its end, also what is hidden from them", () => {
  const room = { last_seq: 9, version: 9 };
  assert.equal(timeline(1, 5, { version: 9 }).readableEnd(room), 9);
  assert.equal(timeline(1, 5, { version: 5 }).readableEnd(room), 5);
  assert.equal(timeline(1, 5, { version: 9, hasNewer: true }).readableEnd(room), 5);
  assert.equal(timeline(1, 0, { version: 9 }).readableEnd(room), 9);
});

test("a new name shows on what somebody wrote and where they are quoted", () => {
  const made = timeline(1, 2);
  made.merge(message(3, { sender: 2, reply_to: { id: 101, seq: 1, sender: { id: 1 }, excerpt: "no. 1" } }));
  assert.equal(made.updatePerson({ id: 9, name: "Nobody here" }), false);
  assert.equal(made.updatePerson({ id: 1, name: "Ana Brandt" }), true);
  assert.deepEqual([made.at(1).sender.name, made.at(3).sender.name], ["Ana Brandt", undefined]);
  assert.deepEqual([made.at(3).reply_to.sender.name, made.at(3).reply_to.excerpt], ["Ana Brandt", "no. 1"]);
});
