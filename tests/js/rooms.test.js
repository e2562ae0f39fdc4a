/** The user's rooms: unread counts and updates. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { everyoneIn, namesIn } from "chatsite/model/mentions.js";
import { addedMentions, hasUnread, mentionCount, roomName, Rooms } from "chatsite/model/rooms.js";

const ME = 1;

function room(id, name, more = {}) {
  return { id, name, kind: "public", is_default: false, last_seq: 10, last_read_seq: 10, unread: 0, archived_at: null, ...more };
}

const direct = (id, name, at) => room(id, "", { kind: "direct", peer: { id: 50 + id, name }, last_at: at });

test("another's post raises the unread count, one's own clears it, a repeated one does nothing", () => {
  const rooms = new Rooms(ME, [room(1, "Design")]);
  rooms.addPost(1, { seq: 11, at: "x", sender: { id: 2 } });
  rooms.addPost(1, { seq: 12, at: "x", sender: { id: 2 } });
  rooms.addPost(1, { seq: 12, at: "x", sender: { id: 2 } });
  assert.equal(rooms.unread, 2);
  rooms.addPost(1, { seq: 13, at: "x", sender: { id: ME } });
  assert.equal(rooms.unread, 0);
});

test("reading up to a message leaves later ones unread", () => {
  const rooms = new Rooms(ME, [room(1, "Design", { last_seq: 20, unread: 10 })]);
  rooms.markRead(1, 17);
  assert.equal(rooms.get(1).unread, 3);
  rooms.markRead(1, 12);
  assert.equal(rooms.get(1).last_read_seq, 17);
});

test("an update without personal fields leaves them as they were", () => {
  const rooms = new Rooms(ME, [room(1, "Design", { unread: 4, role: "owner" })]);
  rooms.merge({ id: 1, name: "Drawing", role: null });
  assert.deepEqual([rooms.get(1).name, rooms.get(1).unread, rooms.get(1).role], ["Drawing", 4, "owner"]);
});

test("posts of muted people and in muted rooms do not count as unread", () => {
  const rooms = new Rooms(ME, [room(1, "Design"), room(2, "Noise", { muted: true, unread: 7 })], [9]);
  rooms.addPost(1, { seq: 11, at: "2026", sender: { id: 9 } });
  assert.equal(rooms.get(1).unread, 0);
  assert.equal(rooms.get(1).last_seq, 11);
  rooms.addPost(1, { seq: 12, at: "2026", sender: { id: 8 } });
  assert.equal(rooms.unread, 1);
});

test("a direct room has the new name of its person", () => {
  const rooms = new Rooms(ME, [direct(1, "Ana", "2026-11-01"), direct(2, "Mira", null)]);
  rooms.updatePerson({ id: 51, name: "Ana Brandt", status_text: "Here" });
  assert.deepEqual([...rooms].map(roomName), ["Ana Brandt", "Mira"]);
  assert.equal(rooms.get(1).peer.status_text, "Here");
});

const mentioning = (seq, more = {}) => ({ seq, at: "x", sender: { id: 2 }, mentions: [ME], ...more });

test("unread messages that mention the user are counted until they are read", () => {
  const rooms = new Rooms(ME, [room(1, "Design", { last_read_seq: 10, mention_seqs: [] })]);
  rooms.addPost(1, mentioning(11));
  rooms.addPost(1, mentioning(12, { mentions: [3] }));
  rooms.addPost(1, mentioning(13));
  rooms.addPost(1, mentioning(13));
  assert.deepEqual(rooms.get(1).mention_seqs, [11, 13]);
  rooms.markRead(1, 12);
  assert.deepEqual(rooms.get(1).mention_seqs, [13]);
  rooms.markRead(1, 13);
  assert.equal(mentionCount(rooms.get(1)), 0);
  rooms.markUnread(1, 11, 3, [11, 13]);
  assert.equal(rooms.unreadForMe, 2);
  rooms.addPost(1, { seq: 14, at: "x", sender: { id: ME } });
  assert.equal(rooms.unreadForMe, 0);
});

test("edits add and remove mentions, and deleting a message removes its own", () => {
  const rooms = new Rooms(ME, [room(1, "Design", { last_seq: 13, unread: 3, mention_seqs: [12] })]);
  rooms.noteMention(1, mentioning(11));
  rooms.noteMention(1, mentioning(9)); // which was read
  rooms.noteMention(1, mentioning(13, { sender: { id: ME } }));
  assert.deepEqual(rooms.get(1).mention_seqs, [11, 12]);
  rooms.noteMention(1, mentioning(11, { mentions: [] }));
  rooms.noteMention(1, mentioning(12, { deleted_at: "x" }));
  assert.deepEqual(rooms.get(1).mention_seqs, []);
});

test("mentions count in muted rooms, but not those by muted people", () => {
  const rooms = new Rooms(ME, [room(1, "Noise", { muted: true })], [9]);
  rooms.addPost(1, mentioning(11, { sender: { id: 9 } }));
  assert.equal(hasUnread(rooms.get(1)), false);
  rooms.addPost(1, mentioning(12));
  assert.equal(hasUnread(rooms.get(1)), true);
  assert.deepEqual([rooms.unreadForMe, rooms.unread], [1, 0]);
});

test("in direct rooms, all messages are for the user", () => {
  const rooms = new Rooms(ME, [direct(1, "Ana", null), direct(2, "Bo", null)]);
  rooms.addPost(1, mentioning(11, { mentions: [] }));
  rooms.addPost(1, mentioning(12));
  rooms.get(2).muted = true;
  rooms.addPost(2, mentioning(11, { mentions: [] }));
  assert.equal(rooms.unreadForMe, 2);
});

test("mentions of everyone count unless the room is muted, and those of people online only live", () => {
  const rooms = new Rooms(ME, [room(1, "Design"), room(2, "Noise", { muted: true })]);
  const everyone = (seq, name) => mentioning(seq, { mentions: [], mentions_all: name });
  for (const id of [1, 2]) {
    rooms.addPost(id, everyone(11, "room"));
    rooms.addPost(id, everyone(12, "here"));
    rooms.addPost(id, everyone(13, "here"), { isLive: true });
  }
  rooms.noteMention(1, everyone(13, "here")); // edited
  assert.deepEqual([rooms.get(1).mention_seqs, rooms.get(2).mention_seqs], [[11, 13], []]);
});

test("mentions of a group count for those whom it reached, also in muted rooms", () => {
  const rooms = new Rooms(ME, [room(1, "Design"), room(2, "Noise", { muted: true })]);
  const group = (seq, users) => mentioning(seq, { mentions: [], mentions_groups: [{ id: 5, users }] });
  for (const id of [1, 2]) {
    rooms.addPost(id, group(11, [ME + 1]));
    rooms.addPost(id, group(12, [ME + 1, ME]));
  }
  assert.deepEqual([rooms.get(1).mention_seqs, rooms.get(2).mention_seqs], [[12], [12]]);
});

test("a text that mentions everyone is recognized, but not in code, quotes and names", () => {
  const found = ["@room", "Hi (@HERE)!", "a\n@room.", "`x` @here", "```\n@room\n```\n@here"].map(everyoneIn);
  assert.deepEqual(found, ["room", "here", "room", "here", "here"]);
  const none = ["@rooms", "x@room", "@here_too", "`@room`", "> @room", "```\n@room", "\\@room", "room"].map(everyoneIn);
  assert.deepEqual(new Set(none), new Set([""]));
});

test("other rooms have unread messages, or mentions if they are muted", () => {
  const rooms = new Rooms(ME, [room(1, "Design", { unread: 2 }), room(2, "Noise", { muted: true, unread: 3 })]);
  assert.deepEqual([rooms.hasUnreadElsewhere(1), rooms.hasUnreadElsewhere(2)], [false, true]);
  rooms.addPost(2, mentioning(11));
  assert.equal(rooms.hasUnreadElsewhere(1), true);
});

test("the title of a group lists the others, and follows their names", () => {
  const people = ["Ana", "Mira", "Zoë"].map((name, index) => ({ id: index + 2, name }));
  const rooms = new Rooms(1, [{ id: 1, kind: "group", people, name: "as in the server's language" }]);
  assert.equal(roomName(rooms.get(1)), "Ana, Mira and Zoë");
  rooms.updatePerson({ id: 3, name: "Mira Sol" });
  assert.equal(roomName(rooms.get(1)), "Ana, Mira Sol and Zoë");
  assert.equal(roomName({ kind: "group", people: people.slice(0, 1) }), "Ana");
  assert.equal(roomName({ kind: "group", people: [] }), "Group conversation");
});

test("a group that has become a private room has its name", () => {
  const rooms = new Rooms(1, [{ id: 1, kind: "group", people: [{ id: 2, name: "Ana" }] }]);
  assert.equal(roomName(rooms.merge({ id: 1, kind: "private", name: "Launch" })), "Launch");
});

test("each message of a group is for the user, unless it is muted", () => {
  const rooms = new Rooms(1, [
    { id: 1, kind: "group", people: [], unread: 2 },
    { id: 2, kind: "group", people: [], unread: 3, muted: true },
  ]);
  assert.equal(rooms.unreadForMe, 2);
});

test("names that may be those of groups are found, but not in code, quotes and addresses", () => {
  assert.deepEqual(namesIn("@Ops and @ops, @re.view. @room `@a` x@b.c\n> @d\n(@sre)"), ["ops", "re.view", "sre"]);
});

test("mentions that edits add before the read marker stay until they are read one by one", () => {
  const rooms = new Rooms(ME, [room(1, "Design", { last_seq: 12, unread: 2, mention_seqs: [12] })]);
  rooms.addMention(1, 4);
  rooms.addMention(1, 4);
  rooms.addMention(7, 4);
  assert.deepEqual(rooms.get(1).mention_seqs, [4, 12]);
  rooms.markRead(1, 12);
  assert.deepEqual([rooms.get(1).mention_seqs, rooms.get(1).unread], [[4], 0]);
  rooms.noteMention(1, mentioning(4)); // changed in another way
  rooms.addPost(1, { seq: 13, at: "x", sender: { id: ME } });
  assert.deepEqual(addedMentions(rooms.get(1)), [4]);
  rooms.noteMention(1, mentioning(4, { mentions: [] }));
  assert.equal(rooms.unreadForMe, 0);
  rooms.addMention(1, 5);
  rooms.readMentions(1, [5]);
  assert.equal(rooms.unreadForMe, 0);
});
