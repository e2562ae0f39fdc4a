/** The emoji that are used most in this browser, and the skin tone that was chosen last. */

import { localStore } from "chatsite/store/safe_storage.js";

const COUNTS = "chatsite-emoji";
const TONE = "chatsite-skin-tone";
const FIRST = ["👍", "❤️", "😂", "🎉", "👀", "✅"];
const MAX = 40;
const DECAY = 0.97; // for each use of another emoji, so that what was used long ago makes room

/** Returns the `count` most frequent emoji, with common ones as long as there are fewer. */
export function frequentEmoji(count, storage = localStore) {
  return [...new Set([...read(storage).map(([emoji]) => emoji), ...FIRST])].slice(0, count);
}

/** Counts a use of the emoji. */
export function noteEmoji(emoji, storage = localStore) {
  const counts = new Map(read(storage).map(([each, count]) => [each, count * DECAY]));
  counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  storage.setItem(COUNTS, JSON.stringify(sorted.slice(0, MAX)));
}

/** The number of a skin tone, from 1 (light) to 5 (dark), or 0 for none. */
export function skinTone(storage = localStore) {
  const tone = Number(storage.getItem(TONE));
  return Number.isInteger(tone) && tone >= 0 && tone <= 5 ? tone : 0;
}

export function setSkinTone(tone, storage = localStore) {
  storage.setItem(TONE, String(tone));
}

export function forgetEmoji(storage) {
  for (const key of [COUNTS, TONE]) storage.removeItem(key);
}

function read(storage) {
  try {
    const stored = JSON.parse(storage.getItem(COUNTS) ?? "[]");
    return stored.filter(([emoji, count]) => typeof emoji === "string" && typeof count === "number");
  } catch {
    return [];
  }
}
