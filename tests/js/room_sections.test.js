/** The sidebar's sections: what they contain, their order, and the preferences. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatPreferences, parsePreferences, RoomSections } from "chatsite/model/room_sections.js";
import { roomName, Rooms } from "chatsite/model/rooms.js";

const ME = 1;

function room(id, name, more = {}) {
  return { id, name, kind: "public", is_default: false, last_seq: 10, last_read_seq: 10, unread: 0, archived_at: null, ...more };
}

const direct = (id, name, at, more) => room(id, "", { kind: "direct", peer: { id: 50 + id, name }, last_at: at, ...more });
const names = (rooms) => rooms.map(roomName);

function sectionsOf(rooms, preferences = "", own = []) {
  let stored = preferences;
  const model = new Rooms(ME, rooms);
  const sections = new RoomSections(model, { get: () => stored, set: (text) => (stored = text) }, own);
  return { model, sections, stored: () => stored };
}

test("default rooms come first, archived ones last, the rest by name", () => {
  const { sections } = sectionsOf([
    room(1, "Zebra"),
    room(2, "Éclair"),
    room(3, "Attic", { archived_at: "2026" }),
    room(4, "Everyone", { is_default: true }),
    room(5, "design"),
  ]);
  assert.deepEqual(names(sections.sections.rooms), ["Everyone", "design", "Éclair", "Zebra", "Attic"]);
});

test("direct rooms are sorted by their latest message", () => {
  const { sections } = sectionsOf([direct(1, "Ana", "2026-11-01"), direct(2, "Mira", "2026-11-20"), direct(3, "Yuki", null)]);
  assert.deepEqual(names(sections.sections.people), ["Mira", "Ana", "Yuki"]);
});

test("unread rooms are in a section of their own, people first, unless they are muted or that isn't wanted", () => {
  const rooms = [room(1, "A"), room(2, "B", { unread: 3 }), room(3, "C", { unread: 9, muted: true }), direct(4, "Ana", "2026", { unread: 1 })];
  const { sections } = sectionsOf(rooms);
  assert.deepEqual(names(sections.sections.unread), ["Ana", "B"]);
  assert.deepEqual(names(sections.sections.rooms), ["A", "C"]);
  sections.update({ isUnreadFirst: false });
  assert.deepEqual(names(sections.sections.unread), []);
  assert.deepEqual(names(sections.sections.rooms), ["A", "B", "C"]);
});

test("an unread room stays where it is while it is open", () => {
  const { model, sections } = sectionsOf([room(1, "A"), room(2, "B", { unread: 3, last_read_seq: 7 })]);
  sections.open(2);
  model.markRead(2, 10);
  assert.deepEqual(names(sections.sections.unread), ["B"]);
  sections.open(1);
  assert.deepEqual(names(sections.sections.rooms), ["A", "B"]);
});

test("favorites of all kinds are together", () => {
  const { sections } = sectionsOf([room(1, "Zebra", { is_favorite: true }), direct(2, "Ana", "2026", { is_favorite: true }), room(3, "B")]);
  assert.deepEqual(names(sections.sections.favorites), ["Ana", "Zebra"]);
  assert.deepEqual(names(sections.sections.people), []);
});

test("rooms can be sorted by activity", () => {
  const { sections } = sectionsOf([room(1, "A", { last_at: "2026-01" }), room(2, "B", { last_at: "2026-02" })], "activity");
  assert.deepEqual(names(sections.sections.rooms), ["B", "A"]);
});

test("stepping through the list wraps around, in the displayed order", () => {
  const { sections } = sectionsOf([room(1, "A"), room(2, "B"), direct(3, "Ana"), room(4, "C", { unread: 1 })]);
  assert.deepEqual(names(sections.all), ["C", "A", "B", "Ana"]);
  assert.equal(sections.adjacent(3, 1).id, 4);
  assert.equal(sections.adjacent(4, -1).id, 3);
  assert.equal(sections.adjacent(99, 1).id, 4);
  assert.equal(sections.adjacent(2, 1, ({ unread }) => unread).id, 4);
});

test("preferences are stored, and unknown ones ignored", () => {
  const { sections, stored } = sectionsOf([], "activity.mixed.fold-people.future");
  assert.deepEqual(sections.preferences, { isByActivity: true, isUnreadFirst: false, folded: new Set(["people"]) });
  let changes = 0;
  sections.addEventListener("change", () => (changes += 1));
  sections.toggleFold("rooms");
  sections.toggleFold("people");
  sections.update({ isByActivity: false });
  assert.equal(stored(), "mixed.fold-rooms");
  assert.equal(changes, 3);
  assert.deepEqual(parsePreferences(formatPreferences(sections.preferences)), sections.preferences);
});

test("a closed direct room is hidden until the next message", () => {
  const { model, sections } = sectionsOf([direct(1, "Ana", "2026", { closed_seq: null }), direct(2, "Ben", "2025", { closed_seq: 10 })]);
  assert.deepEqual(names(sections.sections.people), ["Ana"]);
  model.addPost(2, { seq: 11, at: "2027", sender: { id: 52 } });
  assert.deepEqual(names(sections.all), ["Ben", "Ana"]);
  model.merge({ id: 2, closed_seq: 11, unread: 0 });
  assert.deepEqual(names(sections.all), ["Ana"]);
  model.merge({ id: 2, closed_seq: null });
  assert.deepEqual(names(sections.all), ["Ben", "Ana"]);
});

const OWN = [
  { id: 7, name: "Projects" },
  { id: 8, name: "clients" },
];

test("own sections are in their order, between favorites and rooms", () => {
  const rooms = [
    room(1, "Zebra", { section: 7 }),
    direct(2, "Ana", "2026", { section: 7 }),
    room(3, "Mine", { section: 8, is_favorite: true }),
    room(4, "B"),
    room(5, "Deleted", { section: 99 }),
    room(6, "News", { section: 7, unread: 1 }),
  ];
  const { sections } = sectionsOf(rooms, "", OWN);
  assert.deepEqual(Object.keys(sections.sections), ["unread", "favorites", "own-7", "own-8", "rooms", "people"]);
  assert.deepEqual(names(sections.sections["own-7"]), ["Ana", "Zebra"]);
  assert.deepEqual(names(sections.all), ["News", "Mine", "Ana", "Zebra", "B", "Deleted"]);
});

test("own sections change, and rooms of a deleted one are among the others", () => {
  const { sections } = sectionsOf([room(1, "A", { section: 7 })], "", OWN);
  let changes = 0;
  sections.addEventListener("change", () => (changes += 1));
  sections.own = [{ id: 8, name: "clients" }];
  assert.equal(changes, 1);
  assert.deepEqual(names(sections.sections.rooms), ["A"]);
});

test("folded sections that were deleted are forgotten", () => {
  const { sections, stored } = sectionsOf([], "fold-people.fold-own-7.fold-own-99", OWN);
  sections.toggleFold("own-8");
  assert.equal(stored(), "fold-people.fold-own-7.fold-own-8");
});

test("a room that someone else added the user to is among the unread ones, and stays there while it is open", () => {
  const { model, sections } = sectionsOf([room(1, "A"), room(2, "B", { is_new: true })]);
  assert.deepEqual(names(sections.sections.unread), ["B"]);
  sections.open(2);
  model.merge({ id: 2, is_new: false });
  assert.deepEqual(names(sections.sections.unread), ["B"]);
  sections.open(1);
  assert.deepEqual(names(sections.sections.unread), []);
});
