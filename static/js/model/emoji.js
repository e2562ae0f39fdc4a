/** All emoji with their names, and searching them. Loaded on demand, because the names take 44 kB. */

import { fold } from "chatsite/format/folding.js";
import { groups } from "chatsite/vendor/emojibase/emoji.js";
import { names } from "chatsite/vendor/emojibase/names.js";

const TONES = ["", "🏻", "🏼", "🏽", "🏾", "🏿"];
const VARIATION = "\uFE0F";

// How well an emoji matches a query, the best first. 0 is no match.
const CODE = 4;
const CODE_START = 3;
const NAME = 2;
const KEYWORD = 1;

/**
 * All emoji in the order of CLDR: {emoji, name, codes, group, toned, version}. `codes` are the short codes, `toned` is how many of its
 * characters take a skin tone, and `version` is that of Emoji if it is so recent that devices may lack it, otherwise 0.
 */
export const ALL_EMOJI = groups.flatMap(([group, rows]) => rows.map((row) => ({ group, row }))).map(createEntry);

const byCode = new Map(ALL_EMOJI.flatMap((entry) => entry.codes.map((code) => [code, entry])));
const byText = new Map(ALL_EMOJI.map((entry) => [bare(entry.emoji), entry]));
const texts = new Map(); // what is searched, folded, by entry

/** Returns the entry with a short code such as "tada", or undefined. */
export function emojiOfCode(code) {
  return byCode.get(code);
}

/** Returns the name of an emoji in the page's language. Its skin tone isn't named. */
export function emojiName(emoji) {
  return entryOfEmoji(emoji)?.name ?? emoji;
}

/** Returns the entry of an emoji with or without a skin tone, or undefined. */
export function entryOfEmoji(emoji) {
  return byText.get(bare(emoji)) ?? byText.get(bare(emoji.replace(/\p{Emoji_Modifier}/gu, "")));
}

/** Returns the emoji of an entry in a skin tone, a number from 0 to 5, if it has any. */
export function withTone({ emoji, toned }, tone) {
  if (!toned || !tone) return emoji;
  const [first, ...rest] = emoji;
  const toneless = rest[0] === VARIATION ? rest.slice(1) : rest;
  return first + TONES[tone] + toneless.join("") + (toned > 1 ? TONES[tone] : "");
}

/** Returns the entries that match, by short code, name or keyword, the best first. `preferred`: emoji that come first among equals. */
export function findEmoji(query, { limit = Infinity, preferred = [] } = {}) {
  const wanted = fold(query.replaceAll(":", " "));
  const words = wanted.split(/[\s_]+/).filter(Boolean);
  if (!words.length) return [];
  const code = words.join("_");
  const place = new Map(preferred.map((emoji, index) => [entryOfEmoji(emoji), index]));
  const placeOf = ({ entry }) => place.get(entry) ?? preferred.length;
  return ALL_EMOJI.map((entry) => ({ entry, quality: qualityOf(entry, code, words) }))
    .filter(({ quality }) => quality)
    .sort((a, b) => b.quality - a.quality || placeOf(a) - placeOf(b))
    .slice(0, limit)
    .map(({ entry }) => entry);
}

function createEntry({ group, row: [emoji, name, keywords, codes, toned = 0, version = 0] }, index) {
  const [translated, others] = names[index] ?? [name, ""];
  const english = translated === name ? keywords : `${name} ${keywords}`;
  return { emoji, name: translated, keywords: `${others} ${english}`, codes: codes.split(" "), group, toned, version };
}

function qualityOf(entry, code, words) {
  if (!texts.has(entry)) texts.set(entry, { name: wordsOf(entry.name), rest: wordsOf(`${entry.keywords} ${entry.codes.join(" ")}`) });
  const { name, rest } = texts.get(entry);
  if (entry.codes.includes(code)) return CODE;
  if (entry.codes.some((each) => each.startsWith(code))) return CODE_START;
  if (words.every((word) => name.includes(` ${word}`))) return NAME;
  return words.every((word) => name.includes(` ${word}`) || rest.includes(` ${word}`)) ? KEYWORD : 0;
}

/** Returns the folded words of a text, each after a space. */
function wordsOf(text) {
  const words = fold(text).replace(/[\s_:,()“”]+/g, " ");
  return ` ${words} ${words.replaceAll("-", " ")}`;
}

function bare(emoji) {
  return emoji.replaceAll(VARIATION, "");
}
