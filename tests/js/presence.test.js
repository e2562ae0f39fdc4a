/** Users: names, presence, status, idle pages and typing indicators. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { formatList } from "chatsite/i18n.js";
import { bindInputEvents, IdleDetector } from "chatsite/model/idle.js";
import { hueOf, initials, People } from "chatsite/model/people.js";
import { ownState, ownStatusText, Presence, presenceLabel, statusText } from "chatsite/model/presence.js";
import { TypingIndicator, TypingSender, typingText } from "chatsite/model/typing.js";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T10:00:00") });
});

test("a person's update keeps the fields that it leaves out", () => {
  const people = new People();
  people.upsert({ id: 4, name: "Ana", status_text: "Here" });
  people.upsert({ id: 4, name: "Ana Brandt" });
  assert.deepEqual(people.get(4), { id: 4, name: "Ana Brandt", status_text: "Here" });
});

test("without an avatar a person has two initials and one of twelve colors", () => {
  assert.equal(initials("Ana Brandt"), "AB");
  assert.equal(initials("Juan Carlos de la Vega"), "JV");
  assert.equal(initials("yuki"), "YU");
  assert.equal(initials("😀 smile"), "😀S");
  assert.equal(initials(""), "?");
  assert.equal(hueOf(25), 1);
  assert.equal(new People().get(4).name, "Someone");
});

test("presence adds and removes people", () => {
  const presence = new Presence({ online: [1, 2] });
  presence.change({ online: [3], offline: [1] });
  assert.deepEqual([presence.stateOf(1), presence.stateOf(3), presence.count], ["off", "on", 2]);
  presence.replace({ online: [9] });
  assert.equal(presence.count, 1);
});

test("the latest presence state wins: online, away or do not disturb", () => {
  const presence = new Presence({ online: [1, 2, 3], away: [2], dnd: [3] });
  assert.deepEqual([1, 2, 3, 4].map((id) => presence.stateOf(id)), ["on", "away", "dnd", "off"]);
  presence.change({ online: [1, 2], away: [1] });
  assert.deepEqual([1, 2, 3].map((id) => presence.stateOf(id)), ["away", "on", "dnd"]);
  presence.change({ offline: [3] });
  assert.deepEqual([presence.stateOf(3), presence.count, presenceLabel("dnd")], ["off", 2, "do not disturb"]);
});

test("a status text expires; one's own state is the one that one chose", () => {
  const now = Date.parse("2026-11-21T10:00:00Z");
  const person = { status_text: "🍽️ At lunch", status_until: "2026-11-21T10:00:00.000Z" };
  assert.equal(statusText(person, now - 1), "🍽️ At lunch");
  assert.equal(statusText(person, now), "");
  assert.equal(statusText({ status_text: "Here", status_until: null }, now), "Here");
  assert.equal(statusText(null), "");
  assert.equal(ownStatusText({ status: "dnd", status_text: "" }), "Do not disturb");
  assert.equal(ownStatusText({ status: "auto", status_text: "" }), "");
  assert.deepEqual(
    ["auto", "dnd", "invisible"].map((status) => ownState({ status }, "away")),
    ["away", "dnd", "off"],
  );
});

test("a page becomes idle after a while without input, and active at the first input", () => {
  const changes = [];
  const idleDetector = new IdleDetector({ after: 300_000, onChange: (isIdle) => changes.push(isIdle) });
  mock.timers.tick(299_000);
  idleDetector.recordActivity();
  mock.timers.tick(299_999);
  idleDetector.resend();
  assert.deepEqual(changes, []);
  mock.timers.tick(1);
  assert.deepEqual(changes, [true]);
  idleDetector.resend(); // for a new connection
  assert.deepEqual(changes, [true, true]);
  idleDetector.recordActivity();
  idleDetector.recordActivity();
  assert.deepEqual(changes, [true, true, false]);
  mock.timers.tick(300_000);
  assert.deepEqual(changes, [true, true, false, true]);
});

test("a thousand inputs in a second set one timer", () => {
  const idleDetector = new IdleDetector({ after: 10_000, onChange: () => {} });
  const set = mock.method(globalThis, "setTimeout");
  for (let n = 0; n < 1000; n++) idleDetector.recordActivity();
  assert.equal(set.mock.callCount(), 0);
  set.mock.restore();
});

test("every kind of input counts as activity, and making the page visible again", () => {
  const listeners = new Map();
  const page = { hidden: false, addEventListener: (name, act) => listeners.set(name, act) };
  let used = 0;
  bindInputEvents({ recordActivity: () => used++ }, page);
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "visibilitychange"]) listeners.get(name)();
  page.hidden = true;
  listeners.get("visibilitychange")();
  assert.equal(used, 5);
});

test("typing is sent at most every three seconds, and at once after a post", () => {
  const sent = [];
  const sender = new TypingSender((room) => sent.push(room));
  for (const now of [0, 1000, 2999, 3000, 4000]) sender.typed(7, now);
  assert.equal(sent.length, 2);
  sender.stopped(7);
  sender.typed(7, 4100);
  assert.equal(sent.length, 3);
});

test("typing indicators expire after five seconds", () => {
  const indicator = new TypingIndicator();
  let changes = 0;
  indicator.addEventListener("change", () => {
    changes += 1;
  });
  indicator.add(7, { id: 2, name: "Mira" });
  mock.timers.tick(4000);
  indicator.add(7, { id: 2, name: "Mira" });
  mock.timers.tick(4000);
  assert.deepEqual(
    indicator.inRoom(7).map(({ name }) => name),
    ["Mira"],
  );
  assert.deepEqual(indicator.inRoom(8), []);
  mock.timers.tick(1000);
  assert.deepEqual(indicator.inRoom(7), []);
  assert.equal(changes, 3);
});

test("the typing text names up to three people", () => {
  assert.equal(typingText([]), "");
  assert.equal(typingText(["Ana"]), "Ana is typing…");
  assert.equal(typingText(["Ana", "Mira"]), `${formatList(["Ana", "Mira"])} are typing…`);
  assert.equal(typingText(["Ana", "Mira", "Yuki"]), `${formatList(["Ana", "Mira", "Yuki"])} are typing…`);
  assert.equal(typingText(["a", "b", "c", "d"]), "Several people are typing…");
});

test("a person who was blocked stops typing everywhere", () => {
  const indicator = new TypingIndicator();
  indicator.add(1, { id: 7 });
  indicator.add(2, { id: 7 });
  indicator.add(2, { id: 8 });
  indicator.removePerson(7);
  assert.deepEqual([indicator.inRoom(1), indicator.inRoom(2)], [[], [{ id: 8 }]]);
  indicator.removePerson(8);
});
