import assert from "node:assert/strict";
import { test } from "node:test";

import { isOwnReaction, keepOwnReactions, setOwnReactions, toggleReaction } from "chatsite/model/reactions.js";

const ME = 7;

function reaction(emoji, users, fields = {}) {
  return { emoji, count: users.length, users, ...fields };
}

test("a reaction is one's own if one is listed, or if the server says so", () => {
  assert.equal(isOwnReaction(reaction("👍", [1, ME]), ME), true);
  assert.equal(isOwnReaction(reaction("👍", [1]), ME), false);
  assert.equal(isOwnReaction(reaction("👍", [1], { count: 60, own: true }), ME), true);
});

test("toggling adds and removes", () => {
  const added = toggleReaction([reaction("👍", [1])], "👍", ME);
  assert.deepEqual(added, [reaction("👍", [1, ME], { own: true })]);
  assert.deepEqual(toggleReaction(added, "👍", ME), [reaction("👍", [1], { own: false })]);
  assert.deepEqual(toggleReaction([reaction("👍", [ME])], "👍", ME), []);
  assert.deepEqual(toggleReaction([reaction("👍", [1])], "🎉", ME).map(({ emoji }) => emoji), ["👍", "🎉"]);
});

test("toggling doesn't change the list it is given", () => {
  const before = [reaction("👍", [1])];
  toggleReaction(before, "👍", ME);
  assert.deepEqual(before, [reaction("👍", [1])]);
});

test("one's own reactions are kept where a change doesn't list everyone", () => {
  const known = { reactions: [reaction("👍", [1, 2], { count: 60, own: true }), reaction("🎉", [ME])] };
  const changed = { reactions: [reaction("👍", [1, 2], { count: 61 }), reaction("🎉", [1])] };
  keepOwnReactions(changed, known, ME);
  assert.deepEqual(changed.reactions.map((each) => isOwnReaction(each, ME)), [true, false]);
});

test("without an earlier state, only the list counts", () => {
  const changed = { reactions: [reaction("👍", [1, ME], { count: 60 }), reaction("🎉", [1], { count: 70 })] };
  keepOwnReactions(changed, undefined, ME);
  assert.deepEqual(changed.reactions.map(({ own }) => own), [true, false]);
});

test("what the server says replaces what was known", () => {
  const message = { reactions: [reaction("👍", [1], { count: 60, own: true }), reaction("🎉", [1], { count: 70 })] };
  setOwnReactions(message, ["🎉"]);
  assert.deepEqual(message.reactions.map(({ own }) => own), [false, true]);
});
