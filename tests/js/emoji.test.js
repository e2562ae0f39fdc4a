import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { isEmojiOnly } from "chatsite/format/emoji.js";
import { ALL_EMOJI, emojiName, emojiOfCode, findEmoji, withTone } from "chatsite/model/emoji.js";
import { forgetEmoji, frequentEmoji, noteEmoji, setSkinTone, skinTone } from "chatsite/store/frequent_emoji.js";
import { SafeStorage } from "chatsite/store/safe_storage.js";

const found = (query, options) => findEmoji(query, options).map(({ emoji }) => emoji);
const newStorage = () => new SafeStorage(() => undefined);

test("short codes are those of GitHub and Slack", () => {
  const codes = { "+1": "👍", thumbsup: "👍", tada: "🎉", heart: "❤️", "-1": "👎", hankey: "💩", us: "🇺🇸", white_check_mark: "✅" };
  for (const [code, emoji] of Object.entries(codes)) assert.equal(emojiOfCode(code)?.emoji, emoji, code);
  assert.equal(emojiOfCode("constructor"), undefined);
  assert.ok(ALL_EMOJI.every((entry) => entry.codes.every((code) => code && emojiOfCode(code) === entry)));
});

test("an exact code comes before its beginning, then names, then keywords", () => {
  assert.equal(found("heart")[0], "❤️");
  assert.equal(found("+1")[0], "👍");
  assert.ok(found("cat f").indexOf("🐱") < found("cat f").indexOf("🐯"));
  assert.ok(found("hooray").includes("🎉"));
  assert.ok(found("Pinata").includes("🪅"), "accents don't matter");
  assert.deepEqual(found("no such thing"), []);
  assert.deepEqual(found(" : "), []);
});

test("preferred emoji come first among equals, and at most so many are found", () => {
  assert.equal(found("smi", { preferred: ["😼"] })[0], "😼");
  assert.equal(found("a", { limit: 8 }).length, 8);
});

test("skin tones are added where Unicode has them", () => {
  const inTone = (emoji) => withTone(ALL_EMOJI.find((entry) => entry.emoji === emoji), 3);
  const expected = { "👍": "👍🏽", "☝️": "☝🏽", "👩‍🚀": "👩🏽‍🚀", "🕵️‍♀️": "🕵🏽‍♀️", "🧑‍🤝‍🧑": "🧑🏽‍🤝‍🧑🏽", "🎉": "🎉", "👨‍👩‍👧": "👨‍👩‍👧" };
  for (const [emoji, toned] of Object.entries(expected)) assert.equal(inTone(emoji), toned);
  assert.equal(withTone(emojiOfCode("+1"), 0), "👍");
});

test("emoji have names, whatever their skin tone and form", () => {
  assert.equal(emojiName("👍🏿"), "thumbs up");
  assert.equal(emojiName("❤"), "red heart");
  assert.equal(emojiName("x"), "x");
});

test("frequent emoji come first, and common ones fill the rest", () => {
  const storage = newStorage();
  assert.deepEqual(frequentEmoji(3, storage), ["👍", "❤️", "😂"]);
  for (const emoji of ["🦄", "🎉", "🦄"]) noteEmoji(emoji, storage);
  assert.deepEqual(frequentEmoji(4, storage), ["🦄", "🎉", "👍", "❤️"]);
  for (let use = 0; use < 60; use += 1) noteEmoji("🌱", storage);
  noteEmoji("🦉", storage);
  assert.equal(frequentEmoji(2, storage)[1], "🦉", "old uses count less");
  for (const { emoji } of ALL_EMOJI.slice(0, 100)) noteEmoji(emoji, storage);
  assert.ok(storage.getItem("chatsite-emoji").length < 2500, "few are stored");
});

test("what is stored is forgotten, and nonsense in it ignored", () => {
  const storage = newStorage();
  setSkinTone(4, storage);
  noteEmoji("🦄", storage);
  assert.equal(skinTone(storage), 4);
  forgetEmoji(storage);
  assert.equal(skinTone(storage), 0);
  assert.equal(frequentEmoji(1, storage)[0], "👍");
  for (const nonsense of ["{", "{}", "null", "[1]", '[["x"]]']) {
    storage.setItem("chatsite-emoji", nonsense);
    assert.deepEqual(frequentEmoji(1, storage), ["👍"], nonsense);
  }
  storage.setItem("chatsite-skin-tone", "9");
  assert.equal(skinTone(storage), 0);
});

test("every emoji that the server knows counts as emoji only", async () => {
  const text = await readFile(new URL("../../messaging/emoji.txt", import.meta.url), "utf8");
  const all = text.slice(text.indexOf("\n")).trim().split(/\s/);
  const known = new Set(all);
  const offered = ALL_EMOJI.flatMap((entry) => [0, 1, 2, 3, 4, 5].map((tone) => withTone(entry, tone)));
  assert.deepEqual(offered.filter((emoji) => !known.has(emoji)), []);
  assert.deepEqual(all.filter((emoji) => !isEmojiOnly(emoji)), []);
  assert.ok(isEmojiOnly("👨‍👩‍👧 🇩🇪 #️⃣"));
  for (const text of ["1", "#", "❤", "🇩", "a👍", "👍".repeat(7)]) assert.ok(!isEmojiOnly(text), text);
});
