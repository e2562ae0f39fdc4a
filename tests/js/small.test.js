/** The small thoughts: ids, times, typing, drafts, read marks, presence, faces, tabs, tokens. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { dayKey, dayLabel } from "chatsite/format/dates.js";
import { formatList } from "chatsite/i18n.js";
import { Drafts } from "chatsite/store/drafts.js";
import { csrfToken } from "chatsite/net/http.js";
import { hueOf, initials, People } from "chatsite/model/people.js";
import { bindInputEvents, IdleDetector } from "chatsite/model/idle.js";
import { Presence, presenceLabel } from "chatsite/model/presence.js";
import { SlashCommands } from "chatsite/model/slash_commands.js";
import { ownState, ownStatusText, statusText } from "chatsite/model/status.js";
import { acquireTabId, openTabs, startHeartbeat } from "chatsite/store/tab_lock.js";
import { TypingSender, typingText, TypingIndicator } from "chatsite/model/typing.js";
import { ReadMarker, titleWithCount } from "chatsite/model/unread.js";
import { uuid } from "chatsite/format/uuid.js";

class Storage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => this.#items.set(key, value);
  removeItem = (key) => this.#items.delete(key);
  get size() {
    return this.#items.size;
  }
}

/** Web Locks as several tabs of one browser share them. */
class Locks {
  #held = new Set();

  request(name, _options, work) {
    if (this.#held.has(name)) return work(null);
    this.#held.add(name);
    return work({ name });
  }

  async query() {
    return { held: [...this.#held].map((name) => ({ name })) };
  }

  release(name) {
    this.#held.delete(name);
  }
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T10:00:00") });
});

test("ids are UUIDs of version 4, also without crypto.randomUUID", () => {
  const insecure = { getRandomValues: (bytes) => globalThis.crypto.getRandomValues(bytes) };
  for (const id of [uuid(), uuid(insecure)]) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(uuid(insecure), uuid(insecure));
});

test("days are called as people call them", () => {
  const now = new Date("2026-11-21T00:30:00");
  assert.equal(dayLabel("2026-11-21T00:10:00", now), "Today");
  assert.equal(dayLabel("2026-11-20T23:50:00", now), "Yesterday");
  assert.equal(
    dayLabel("2026-11-17T12:00:00", now),
    new Intl.DateTimeFormat(undefined, { weekday: "long" }).format(new Date("2026-11-17T12:00:00")),
  );
  assert.match(dayLabel("2025-11-17T12:00:00", now), /2025/);
  assert.doesNotMatch(dayLabel("2026-03-17T12:00:00", now), /2026/);
  assert.equal(dayKey("2026-03-07T12:00:00"), "2026-03-07");
});

test("one tells of one's writing at most every three seconds, and anew after a post", () => {
  const told = [];
  const sender = new TypingSender((room) => told.push(room));
  for (const now of [0, 1000, 2999, 3000, 4000]) sender.typed(7, now);
  assert.equal(told.length, 2);
  sender.stopped(7);
  sender.typed(7, 4100);
  assert.equal(told.length, 3);
});

test("who falls silent for five seconds is no longer writing", () => {
  const watch = new TypingIndicator();
  let changes = 0;
  watch.addEventListener("change", () => {
    changes += 1;
  });
  watch.add(7, { id: 2, name: "Mira" });
  mock.timers.tick(4000);
  watch.add(7, { id: 2, name: "Mira" });
  mock.timers.tick(4000);
  assert.deepEqual(
    watch.inRoom(7).map(({ name }) => name),
    ["Mira"],
  );
  assert.deepEqual(watch.inRoom(8), []);
  mock.timers.tick(1000);
  assert.deepEqual(watch.inRoom(7), []);
  assert.equal(changes, 3);
});

test("the typing line names up to three people", () => {
  assert.equal(typingText([]), "");
  assert.equal(typingText(["Ana"]), "Ana is typing…");
  assert.equal(typingText(["Ana", "Mira"]), `${formatList(["Ana", "Mira"])} are typing…`);
  assert.equal(typingText(["Ana", "Mira", "Yuki"]), `${formatList(["Ana", "Mira", "Yuki"])} are typing…`);
  assert.equal(typingText(["a", "b", "c", "d"]), "Several people are typing…");
});

test("each room and each person has a draft of their own", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, 1);
  drafts.set(7, { body: "half a", replyTo: { id: 3 } });
  assert.deepEqual(new Drafts(storage, 1).get(7), { body: "half a", replyTo: { id: 3 } });
  assert.equal(drafts.get(8).body, "");
  assert.equal(new Drafts(storage, 2).get(7).body, "");
  drafts.set(7, { body: "" });
  assert.equal(storage.size, 0);
});

test("what waited and comes back stands before what was begun since, and what is sent takes only itself out", () => {
  const drafts = new Drafts(new Storage(), 1);
  drafts.set(7, { body: "By the way" });
  drafts.discardSent(7, { body: "The plan" });
  drafts.restore(7, { body: "The plan", replyTo: { id: 3 } });
  drafts.restore(8, { body: "The plan", replyTo: null });
  assert.deepEqual(drafts.get(7), { body: "The plan\n\nBy the way", replyTo: { id: 3 } });
  assert.deepEqual(drafts.get(8), { body: "The plan", replyTo: null });
  drafts.restore(8, { body: "The plan", replyTo: { id: 4 } });
  assert.deepEqual(drafts.get(8), { body: "The plan", replyTo: { id: 4 } });
  drafts.discardSent(8, { body: "The plan" });
  assert.equal(drafts.get(8).body, "");
});

test("a draft answers nobody who was blocked since", () => {
  const storage = new Storage();
  const blocked = new Set();
  const drafts = new Drafts(storage, 1, { isBlocked: (person) => blocked.has(person?.id) });
  drafts.set(7, { body: "half a", replyTo: { id: 3, sender: { id: 2 }, excerpt: "Well?" } });
  assert.equal(drafts.get(7).replyTo.id, 3);
  blocked.add(2);
  assert.deepEqual(drafts.get(7), { body: "half a", replyTo: null });
});

test("a broken or forbidden storage costs only the draft", () => {
  const forbidden = { getItem: () => "{", setItem: () => assert.fail.call(null), removeItem() {} };
  forbidden.setItem = () => {
    throw new Error("forbidden");
  };
  const drafts = new Drafts(forbidden, 1);
  drafts.set(7, { body: "x" });
  assert.equal(drafts.get(7).body, "");
});

test("reading is told at once, then at most every two seconds, and the last mark is not lost", async () => {
  const told = [];
  const marker = new ReadMarker(async (room, seq) => told.push([room, seq]));
  for (const seq of [5, 6, 9]) marker.mark(7, seq);
  marker.mark(7, 8);
  assert.deepEqual(told, [[7, 5]]);
  mock.timers.tick(2000);
  assert.deepEqual(told.at(-1), [7, 9]);
  mock.timers.tick(10_000);
  assert.equal(told.length, 2);
});

test("a mark made without a line is told when it is back", async () => {
  const told = [];
  let down = true;
  const marker = new ReadMarker(async (room, seq) => {
    if (down) throw Object.assign(new Error(), { code: "offline" });
    told.push([room, seq]);
  });
  marker.mark(7, 5);
  await new Promise((resolve) => setImmediate(resolve));
  down = false;
  marker.flush();
  assert.deepEqual(told, [[7, 5]]);
});

test("the title counts what is unread", () => {
  assert.equal(titleWithCount(0, "Design"), "Design");
  assert.equal(titleWithCount(3, "Design"), "(3) Design");
  assert.equal(titleWithCount(500, "Design"), "(99+) Design");
});

test("presence takes and gives", () => {
  const presence = new Presence({ online: [1, 2] });
  presence.change({ online: [3], offline: [1] });
  assert.deepEqual([presence.has(1), presence.has(3), presence.count], [false, true, 2]);
  presence.replace({ online: [9] });
  assert.equal(presence.count, 1);
});

test("who is here is here plainly, away, or not to be disturbed, as was told last", () => {
  const presence = new Presence({ online: [1, 2, 3], away: [2], dnd: [3] });
  assert.deepEqual([1, 2, 3, 4].map((id) => presence.stateOf(id)), ["on", "away", "dnd", "off"]);
  presence.change({ online: [1, 2], away: [1] });
  assert.deepEqual([1, 2, 3].map((id) => presence.stateOf(id)), ["away", "on", "dnd"]);
  presence.change({ offline: [3] });
  assert.deepEqual([presence.stateOf(3), presence.count, presenceLabel("dnd")], ["off", 2, "do not disturb"]);
});

test("a page is idle after a while without input, and in use at the first touch", () => {
  const told = [];
  const idleDetector = new IdleDetector({ after: 300_000, onChange: (isIdle) => told.push(isIdle) });
  mock.timers.tick(299_000);
  idleDetector.recordActivity();
  mock.timers.tick(299_999);
  idleDetector.resend();
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, [true]);
  idleDetector.resend(); // the line is a new one
  assert.deepEqual(told, [true, true]);
  idleDetector.recordActivity();
  idleDetector.recordActivity();
  assert.deepEqual(told, [true, true, false]);
  mock.timers.tick(300_000);
  assert.deepEqual(told, [true, true, false, true]);
});

test("a thousand touches of a second set one timer", () => {
  const idleDetector = new IdleDetector({ after: 10_000, onChange: () => {} });
  const set = mock.method(globalThis, "setTimeout");
  for (let n = 0; n < 1000; n++) idleDetector.recordActivity();
  assert.equal(set.mock.callCount(), 0);
  set.mock.restore();
});

test("every touch of the page counts, and looking at it again", () => {
  const heard = new Map();
  const page = { hidden: false, addEventListener: (name, act) => heard.set(name, act) };
  let used = 0;
  bindInputEvents({ recordActivity: () => used++ }, page);
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "visibilitychange"]) heard.get(name)();
  page.hidden = true;
  heard.get("visibilitychange")();
  assert.equal(used, 5);
});

test("a status text goes when its time is over; the own state is what one chose", () => {
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

test("what is learnt of a person adds to what is known", () => {
  const people = new People();
  people.upsert({ id: 4, name: "Ana", status_text: "Here" });
  people.upsert({ id: 4, name: "Ana Brandt" });
  assert.deepEqual(people.get(4), { id: 4, name: "Ana Brandt", status_text: "Here" });
});

test("a face without a picture has two letters and one of twelve colours", () => {
  assert.equal(initials("Ana Brandt"), "AB");
  assert.equal(initials("Juan Carlos de la Vega"), "JV");
  assert.equal(initials("yuki"), "YU");
  assert.equal(initials("😀 smile"), "😀S");
  assert.equal(initials(""), "?");
  assert.equal(hueOf(25), 1);
  assert.equal(new People().get(4).name, "Someone");
});

test("a tab keeps its id over a reload, and a duplicate gets another", async () => {
  const locks = new Locks();
  const storage = new Storage();
  const first = await acquireTabId({ storage, locks });
  const duplicate = await acquireTabId({ storage, locks });
  assert.notEqual(duplicate, first);
  assert.deepEqual(await openTabs(locks), new Set([first, duplicate]));
  locks.release(`chatsite-tab-${duplicate}`);
  assert.equal(await acquireTabId({ storage, locks }), duplicate);
});

test("a tab shows every five seconds that it lives, where nobody can be asked", () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval"] });
  let count = 0;
  startHeartbeat(undefined, () => (count += 1));
  startHeartbeat(new Locks(), () => assert.fail("needless"));
  mock.timers.tick(12_000);
  assert.equal(count, 2);
});

test("without Web Locks the kept id is trusted", async () => {
  const storage = new Storage();
  const first = await acquireTabId({ storage });
  assert.equal(await acquireTabId({ storage }), first);
  assert.equal(await openTabs(undefined), null);
});

test("the CSRF token is found among the cookies", () => {
  assert.equal(csrfToken("theme=dark; csrftoken=abc123; x=y"), "abc123");
  assert.equal(csrfToken("notcsrftoken=no"), "");
});

test("a line that begins with a known command is done, and every other one is a message", () => {
  const done = [];
  const slash = new SlashCommands({ who: (rest) => rest === "" && done.push("who"), block: (name) => done.push(`block ${name}`) });
  assert.equal(slash.run("/who"), true);
  assert.equal(slash.run(" /who \n"), true);
  assert.equal(slash.run("/block ana brandt"), true);
  for (const text of ["/who is there?", "who", "/whose", "/ who", "/", "/etc/hosts", "/toString", "see /who"]) {
    assert.equal(slash.run(text), false, text);
  }
  assert.equal(slash.run("/Block Bo"), true);
  assert.deepEqual(done, ["who", "who", "block ana brandt", "block Bo"]);
});

test("a mistyped command is not told to everybody", () => {
  const slash = new SlashCommands({ who: () => true, block: () => true, unmute: () => true });
  for (const [text, meant] of [["/blok bo", "block"], ["/Blcok bo", "block"], ["/unmut", "unmute"]]) assert.equal(slash.suggest(text), meant);
  for (const text of ["/block bo", "/Block bo", "/whose", "/shrug", "/", "/etc/hosts", " /blok bo", "blok bo", "/tmp is full"]) {
    assert.equal(slash.suggest(text), "", text);
  }
});

test("somebody who is not to be seen any more is writing nowhere", () => {
  const watch = new TypingIndicator();
  watch.add(1, { id: 7 });
  watch.add(2, { id: 7 });
  watch.add(2, { id: 8 });
  watch.removePerson(7);
  assert.deepEqual([watch.inRoom(1), watch.inRoom(2)], [[], [{ id: 8 }]]);
  watch.removePerson(8);
});
