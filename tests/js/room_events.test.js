/** Room events: where they appear between the messages, and how they are worded. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange } from "chatsite/model/room_events.js";
import { Timeline } from "chatsite/model/timeline.js";

const AT = Date.parse("2026-11-20T12:00:00");
const at = (minutes) => new Date(AT + minutes * 60_000).toISOString();
const person = (name) => ({ id: [...name].reduce((sum, letter) => sum * 31 + letter.codePointAt(), 7), name });

let ids = 0;

function event(kind, seq, { actor = "Ana", subject = null, minutes = seq, text = "" } = {}) {
  ids += 1;
  return { id: ids, kind, after_seq: seq, at: at(minutes), actor: actor && person(actor), subject: subject && person(subject), text };
}

const joined = (name, seq, rest) => event("joined", seq, { actor: name, subject: name, ...rest });
const left = (name, seq, rest) => event("left", seq, { actor: name, subject: name, ...rest });

function timelineOf(count, events, { from = 1, ...page } = {}) {
  const timeline = new Timeline();
  const messages = Array.from({ length: count }, (_, index) => from + index).map((seq) => ({
    ...{ id: 100 + seq, seq, version: seq, sender: { id: 1 }, at: at(seq) },
  }));
  timeline.load({ messages, version: count, has_older: false, has_newer: false, events, ...page });
  return timeline;
}

function layout(timeline, { pending = [], isBlocked = () => false } = {}) {
  const entries = timeline.entries(pending, (messages) => arrange(messages, timeline, isBlocked));
  return entries.map(({ kind, text, message, first }) => {
    if (kind === "message") return `${message.seq ?? "pending"}${first ? "!" : ""}`;
    return text ?? kind;
  });
}

const texts = (events) => layout(timelineOf(0, events)).filter((text) => text !== "day");

test("a line is after the message that was the latest, and begins a new group of messages", () => {
  assert.deepEqual(layout(timelineOf(3, [joined("Bo", 2)])), ["day", "1!", "2", "Bo joined", "3!"]);
  assert.deepEqual(layout(timelineOf(1, [joined("Bo", 0)])), ["day", "Bo joined", "1!"]);
  assert.deepEqual(layout(timelineOf(1, [joined("Bo", 1)])), ["day", "1!", "Bo joined"]);
});

test("a line stays in its place when the message after which it happened is hidden or not loaded", () => {
  const timeline = timelineOf(3, [joined("Bo", 5)]);
  timeline.merge({ id: 108, seq: 8, version: 8, sender: { id: 1 }, at: at(8) });
  assert.deepEqual(layout(timeline), ["day", "1!", "2", "3", "Bo joined", "8!"]);
});

test("lines next to messages that aren't loaded, and before the cleared history, are left out", () => {
  const events = [joined("Bo", 3), joined("Cy", 5), joined("Di", 9)];
  assert.deepEqual(layout(timelineOf(2, events, { from: 5, has_older: true, has_newer: true })), ["day", "5!", "Cy joined", "6!"]);
  assert.deepEqual(layout(timelineOf(2, events, { from: 5, room: { cleared_seq: 4 } })), ["day", "5!", "Cy joined", "6!", "Di joined"]);
});

test("a line on another day is below the line of that day", () => {
  const day = 24 * 60;
  const timeline = timelineOf(1, [joined("Bo", 1, { minutes: 5 }), joined("Cy", 1, { minutes: day })]);
  timeline.merge({ id: 102, seq: 2, version: 2, sender: { id: 1 }, at: at(day + 1) });
  assert.deepEqual(layout(timeline), ["day", "1!", "Bo joined", "day", "Cy joined", "2!"]);
  const keys = timeline.entries([], (messages) => arrange(messages, timeline, () => false)).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test("messages being sent and lines are in the order of their times", () => {
  const pending = [{ client_id: "a", sender: { id: 1 }, at: at(5) }];
  const timeline = timelineOf(1, [joined("Bo", 1, { minutes: 3 }), joined("Cy", 1, { minutes: 8 })]);
  assert.deepEqual(layout(timeline, { pending }), ["day", "1!", "Bo joined", "pending!", "Cy joined"]);
});

test("the line of new messages stays in front of the first of them", () => {
  const timeline = timelineOf(2, [joined("Bo", 1)]);
  timeline.newAfter = 1;
  assert.deepEqual(layout(timeline), ["day", "1!", "Bo joined", "new", "2!"]);
});

test("people who join or leave one after the other share a line", () => {
  assert.deepEqual(texts([joined("Ana", 0), joined("Bo", 0)]), ["Ana and Bo joined"]);
  assert.deepEqual(texts(["Ana", "Bo", "Cy"].map((name) => joined(name, 0))), ["Ana, Bo, and Cy joined"]);
  assert.deepEqual(texts(["Ana", "Bo", "Cy", "Di", "Eve"].map((name) => joined(name, 0))), ["Ana, Bo, and 3 others joined"]);
  assert.deepEqual(texts([joined("Ana", 0), left("Bo", 0), joined("Cy", 0)]), ["Ana and Cy joined · Bo left"]);
  assert.deepEqual(texts([event("removed", 0, { actor: null, subject: "Bo" }), event("removed", 0, { actor: null, subject: "Cy" })]), [
    "Bo and Cy were removed",
  ]);
});

test("people who were added share a line with others whom the same person added", () => {
  const events = [event("added", 0, { subject: "Bo" }), event("added", 0, { subject: "Cy" }), event("added", 0, { actor: "Di", subject: "Eve" })];
  assert.deepEqual(texts(events), ["Ana added Bo and Cy · Di added Eve"]);
});

test("messages and other lines separate those who join", () => {
  assert.deepEqual(texts([joined("Ana", 0), event("pinned", 0), joined("Bo", 0)]), ["Ana joined", "Ana pinned a message", "Bo joined"]);
  assert.deepEqual(layout(timelineOf(1, [joined("Ana", 0), joined("Bo", 1)])), ["day", "Ana joined", "1!", "Bo joined"]);
});

test("changes of the room have their texts, also those by admins and unknown ones", () => {
  const [renamed, topic] = [event("renamed", 0, { text: "Plans" }), event("topic", 0, { actor: null, text: "Spring" })];
  assert.deepEqual(texts([renamed, topic, event("topic", 0), event("visibility", 0, { text: "private" }), event("archived", 0), event("painted", 0)]), [
    "Ana renamed the room to “Plans”",
    "An admin changed the topic to “Spring”",
    "Ana removed the topic",
    "Ana made the room private",
    "Ana archived the room",
    "Ana changed the room",
  ]);
});

test("the line of a pin has the message's number if this user can see it", () => {
  const pinned = (id, sender) => ({ ...event("pinned", 2), message_seq: id - 100, message: { id, sender } });
  const seqOf = (pin, { isBlocked = () => false, ...page } = {}) => {
    const timeline = timelineOf(2, [pin], page);
    timeline.merge({ ...timeline.get(102), version: 9, deleted_at: at(9) });
    return timeline.entries([], (messages) => arrange(messages, timeline, isBlocked)).find(({ kind }) => kind === "event").seq;
  };
  assert.equal(seqOf(pinned(101, 1)), 1);
  assert.equal(seqOf(pinned(102, 1)), null); // deleted
  assert.equal(seqOf(pinned(101, 1), { isBlocked: (who) => who?.id === 1 }), null);
  assert.equal(seqOf(pinned(101, 1), { room: { cleared_seq: 1 } }), null);
  assert.equal(seqOf({ ...event("pinned", 2), message_seq: 1, message: null }), null);
});

test("the line of a pin no longer leads to a message that is deleted, even if it isn't loaded", () => {
  const timeline = timelineOf(2, [{ ...event("pinned", 6), message_seq: 1, message: { id: 101, sender: 1 } }], { from: 5, has_older: true });
  const seq = () => timeline.entries([], (messages) => arrange(messages, timeline, () => false)).find(({ kind }) => kind === "event").seq;
  assert.equal(seq(), 1);
  assert.equal(timeline.merge({ id: 101, seq: 1, version: 9, deleted_at: at(9), sender: { id: 1 } }), true);
  assert.equal(seq(), null);
});

test("events that were missed replace those in their range, but neither older ones nor those that came live meanwhile", () => {
  const [older, stale, kept, live] = [joined("Ana", 0), joined("Bo", 1), joined("Cy", 2), joined("Di", 3)];
  const timeline = timelineOf(3, [older, stale, kept, live]);
  timeline.replaceEvents({ since: 1, last_event: kept.id, events: [kept] });
  assert.deepEqual([...timeline.events.keys()].sort(), [older.id, kept.id, live.id].sort());
  timeline.addEvents([], [kept.id]);
  timeline.replaceEvents({ since: 1, last_event: kept.id, events: [kept] }); // read before it was replaced
  assert.deepEqual([...timeline.events.keys()].sort(), [older.id, live.id].sort());
});

test("hidden events, replaced ones and repeats leave no line", () => {
  const [bo, cy] = [joined("Bo", 0), joined("Cy", 0)];
  const timeline = timelineOf(0, [bo, cy]);
  const isBlocked = (who) => who?.name === "Bo";
  assert.deepEqual(layout(timeline, { isBlocked }), ["day", "Cy joined"]);
  timeline.addEvents([left("Cy", 0)], [cy.id]);
  timeline.addEvents([bo]);
  assert.deepEqual(layout(timeline), ["day", "Bo joined · Cy left"]);
});

test("a conversation that became a private room says so", () => {
  const [line] = texts([event("converted", 0, { text: "Launch" })]);
  assert.match(line, /made this conversation the private room “Launch”$/);
});
