import assert from "node:assert/strict";
import { test } from "node:test";

import { findEntries, findRooms, matchQuality, suggestRooms } from "chatsite/model/switcher.js";

const room = (id, name, fields) => ({ id, kind: "public", name, unread: 0, last_at: `2026-11-29T10:00:0${id}Z`, ...fields });
const names = (found) => found.map(({ name }) => name);

test("names match whatever the case and the accents, the whole name before its start, words before parts of words", () => {
  const qualities = ["Zoe", "Zoey Lang", "Ann Zoe", "Enzoe", "Zola Ole"].map((name) => matchQuality("ZOÉ", name));
  assert.deepEqual(qualities, [...qualities].sort((a, b) => b - a));
  assert.equal(new Set(qualities).size, 5);
  assert.ok(matchQuality("zoe", "Zoë"));
});

test("all words of the query must occur, in any order", () => {
  assert.ok(matchQuality("winter bo", "Bo Winter"));
  assert.equal(matchQuality("winter ana", "Bo Winter"), 0);
});

test("letters may be left out, but not the first one of a word, and a single letter is not enough", () => {
  assert.ok(matchQuality("dsgn", "Design"));
  assert.equal(matchQuality("sgn", "Design"), 0);
  assert.equal(matchQuality("n", "Design"), matchQuality("ign", "Design"));
  assert.equal(matchQuality("x", "Design"), 0);
});

test("an empty query matches nothing", () => {
  assert.equal(matchQuality("  ", "Design"), 0);
});

test("among equal matches, unread rooms come first, then those visited last", () => {
  const rooms = [room(1, "Design A"), room(2, "Design B"), room(3, "Design C", { unread: 2 }), room(4, "Sign")];
  assert.deepEqual(names(findRooms(rooms, "design", [2, 1])), ["Design C", "Design B", "Design A"]);
});

test("muted rooms don't count as unread", () => {
  const rooms = [room(1, "Design A"), room(2, "Design B", { unread: 5, muted: true })];
  assert.deepEqual(names(findRooms(rooms, "design", [1])), ["Design A", "Design B"]);
});

test("direct messages are found by the person's name and username", () => {
  const direct = room(1, "", { kind: "direct", peer: { name: "Ana Ferreira", username: "af" } });
  assert.equal(findRooms([direct], "ferr")[0], direct);
  assert.equal(findRooms([direct], "af")[0], direct);
});

test("before anything is typed, unread rooms and the last visited ones are offered, without the open and archived ones", () => {
  const rooms = [room(1, "Open"), room(2, "Old", { archived_at: "2026-01-01" }), room(3, "News", { unread: 1 }), room(4, "A"), room(5, "B")];
  const { unread, recent } = suggestRooms(rooms, [1, 4], 1);
  assert.deepEqual([names(unread), names(recent)], [["News"], ["A", "B"]]);
});

test("a long list is cut", () => {
  const rooms = Array.from({ length: 500 }, (_, id) => room(id + 1, `Room ${id}`, { unread: id % 2 }));
  assert.equal(findRooms(rooms, "room").length, 8);
  const { unread, recent } = suggestRooms(rooms, [], null);
  assert.deepEqual([unread.length, recent.length], [8, 4]);
});

test("settings are found by keywords", () => {
  const entries = [{ name: "Theme", keywords: "dark mode" }, { name: "Password" }];
  assert.deepEqual(names(findEntries(entries, "dark")), ["Theme"]);
  assert.deepEqual(names(findEntries(entries, "ode")), []);
});
