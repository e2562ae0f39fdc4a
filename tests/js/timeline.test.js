/** One room's messages: merging, gaps, layout. */

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

function createTimeline(from, to, { hasOlder = false, hasNewer = false, version = to } = {}) {
  const timeline = new Timeline();
  const messages = [];
  for (let seq = from; seq <= to; seq += 1) messages.push(message(seq));
  timeline.load({ messages, version, has_older: hasOlder, has_newer: hasNewer });
  return timeline;
}

const seqs = (timeline) => timeline.messages.map(({ seq }) => seq);
const layout = (timeline, pending) =>
  timeline
    .entries(pending)
    .map((entry) => (entry.kind === "message" ? `${entry.message.seq ?? entry.message.client_id}${entry.first ? "!" : ""}` : entry.kind));

test("messages are ordered by seq, in whichever order they arrive", () => {
  const timeline = createTimeline(1, 3);
  for (const seq of [6, 4, 5]) timeline.merge(message(seq));
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4, 5, 6]);
});

test("the newer state of a message wins, the older is ignored", () => {
  const timeline = createTimeline(1, 3);
  assert.equal(timeline.merge(message(2, { version: 9, body: "new" })), true);
  assert.equal(timeline.merge(message(2, { version: 5, body: "old" })), false);
  assert.equal(timeline.at(2).body, "new");
});

test("versions are counted one by one, and a gap is noticed", () => {
  const timeline = createTimeline(1, 3);
  assert.equal(timeline.advance(4), "next");
  assert.equal(timeline.advance(4), "known");
  assert.equal(timeline.advance(7), "gap");
  assert.equal(timeline.version, 4);
});

test("a sync brings the newest states and the version", () => {
  const timeline = createTimeline(1, 3);
  timeline.applyChanges({ messages: [message(2, { version: 5, deleted_at: "x" }), message(4, { version: 6 })], version: 6 });
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4]);
  assert.equal(timeline.version, 6);
});

test("far back in the history a new post is not added", () => {
  const timeline = createTimeline(10, 20, { hasOlder: true, hasNewer: true });
  assert.equal(timeline.merge(message(90)), false);
  assert.equal(timeline.merge(message(2)), false);
  assert.equal(timeline.merge(message(15, { version: 99 })), true);
});

test("an older page is put before, a newer one after", () => {
  const timeline = createTimeline(10, 12, { hasOlder: true, hasNewer: true, version: 20 });
  assert.equal(timeline.prepend({ messages: [message(8), message(9)], has_older: false, version: 20 }), false);
  assert.equal(timeline.append({ messages: [message(13)], has_newer: false, version: 20 }), false);
  assert.deepEqual(seqs(timeline), [8, 9, 10, 11, 12, 13]);
  assert.deepEqual([timeline.hasOlder, timeline.hasNewer], [false, false]);
});

test("a page older than the live events requires a sync", () => {
  const timeline = createTimeline(10, 12, { hasNewer: true, version: 20 });
  timeline.advance(21);
  assert.equal(timeline.append({ messages: [message(13)], has_newer: false, version: 20 }), true);
  assert.equal(timeline.version, 20);
});

test("messages dropped at an end can be loaded again", () => {
  const timeline = createTimeline(1, 10);
  timeline.dropOlder(4);
  assert.deepEqual([seqs(timeline), timeline.hasOlder], [[7, 8, 9, 10], true]);
  timeline.dropNewer(2);
  assert.deepEqual([seqs(timeline), timeline.hasNewer], [[7, 8], true]);
  assert.equal(timeline.merge(message(1, { version: 99 })), false);
});

test("messages continue from the one before the first loaded one, or from any if that is the room's first", () => {
  const timeline = createTimeline(11, 20, { hasOlder: true });
  assert.deepEqual([9, 10, 15].map((seq) => timeline.continuesFrom(seq)), [false, true, true]);
  timeline.hasOlder = false;
  assert.equal(timeline.continuesFrom(0), true);
});

test("a group is one sender within five minutes", () => {
  const timeline = new Timeline();
  const messages = [
    message(1, { minutes: 0 }),
    message(2, { minutes: 4 }),
    message(3, { minutes: 9 }),
    message(4, { minutes: 10, sender: 2 }),
    message(5, { minutes: 11, sender: 2, reply_to: { id: 101 } }),
  ];
  timeline.load({ messages, version: 5, has_older: false, has_newer: false });
  assert.deepEqual(layout(timeline), ["day", "1!", "2", "3!", "4!", "5!"]);
});

test("a bot's messages under other names are other groups", () => {
  const timeline = new Timeline();
  const [train, build] = [{ name: "Train", emoji: "🚋" }, { name: "Build", emoji: "🚋" }];
  const aliases = [undefined, train, { ...train }, build, { ...build, emoji: "" }, undefined];
  const messages = aliases.map((alias, index) => message(index + 1, { minutes: 0, alias }));
  timeline.load({ messages, version: 6, has_older: false, has_newer: false });
  assert.deepEqual(layout(timeline), ["day", "1!", "2!", "3", "4!", "5!", "6!"]);
});

test("each of the viewer's days begins with a divider", () => {
  const timeline = new Timeline();
  timeline.load({ messages: [message(1), message(2, { minutes: 24 * 60 })], version: 2, has_older: false, has_newer: false });
  assert.deepEqual(layout(timeline), ["day", "1!", "day", "2!"]);
});

test("the 'new messages' divider stands once, before the first unread message", () => {
  const timeline = createTimeline(1, 4);
  timeline.newAfter = 2;
  assert.deepEqual(layout(timeline), ["day", "1!", "2", "new", "3!", "4"]);
});

test("the divider is not layout where the first unread message may not be loaded yet", () => {
  const timeline = createTimeline(10, 12, { hasOlder: true });
  timeline.newAfter = 4;
  assert.deepEqual(layout(timeline), ["day", "10!", "11", "12"]);
  timeline.newAfter = 9;
  assert.deepEqual(layout(timeline), ["day", "new", "10!", "11", "12"]);
});

test("unsent posts stand at the end, and keep their key when they are stored", () => {
  const timeline = createTimeline(1, 1);
  const post = { client_id: "c", sender: { id: 1 }, at: message(2).at, body: "hi", state: "waiting" };
  assert.deepEqual(layout(timeline, [post]), ["day", "1!", "c"]);
  const { key } = timeline.entries([post]).at(-1);
  timeline.merge(message(2, { client_id: "c" }));
  assert.equal(timeline.entries().at(-1).key, key);
});

test("unsent posts are not shown far back in the history", () => {
  const timeline = createTimeline(1, 2, { hasNewer: true });
  assert.deepEqual(layout(timeline, [{ client_id: "c", sender: { id: 1 }, at: message(9).at }]), ["day", "1!", "2"]);
});

test("a deleted message disappears from the replies that quote it", () => {
  const timeline = createTimeline(1, 1);
  timeline.merge(message(2, { reply_to: { id: 101, seq: 1, excerpt: "secret" } }));
  timeline.merge(message(1, { version: 9, deleted_at: "2026-11-20T12:30:00Z" }));
  assert.equal(timeline.at(2).reply_to.excerpt, "");
});

test("a cleared message comes back neither by a change to it nor in a quotation", () => {
  const timeline = new Timeline();
  timeline.load({ messages: [], version: 5, has_older: false, has_newer: false, room: { cleared_seq: 3 } });
  assert.equal(timeline.merge(message(2, { version: 6 })), false);
  timeline.merge(message(4, { reply_to: { id: 102, seq: 2, excerpt: "secret" } }));
  assert.deepEqual(seqs(timeline), [4]);
  assert.equal(timeline.at(4).reply_to.excerpt, "");
});

test("a person who has caught up has read to the room's end, including messages hidden from them", () => {
  const room = { last_seq: 9, version: 9 };
  assert.equal(createTimeline(1, 5, { version: 9 }).readableEnd(room), 9);
  assert.equal(createTimeline(1, 5, { version: 5 }).readableEnd(room), 5);
  assert.equal(createTimeline(1, 5, { version: 9, hasNewer: true }).readableEnd(room), 5);
  assert.equal(createTimeline(1, 0, { version: 9 }).readableEnd(room), 9);
});

test("a person's new name shows on their messages and where they are quoted", () => {
  const timeline = createTimeline(1, 2);
  timeline.merge(message(3, { sender: 2, reply_to: { id: 101, seq: 1, sender: { id: 1 }, excerpt: "no. 1" } }));
  assert.equal(timeline.updatePerson({ id: 9, name: "Nobody here" }), false);
  assert.equal(timeline.updatePerson({ id: 1, name: "Ana Brandt" }), true);
  assert.deepEqual([timeline.at(1).sender.name, timeline.at(3).sender.name], ["Ana Brandt", undefined]);
  assert.deepEqual([timeline.at(3).reply_to.sender.name, timeline.at(3).reply_to.excerpt], ["Ana Brandt", "no. 1"]);
});
