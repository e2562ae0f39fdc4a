/** Emoji. */

const MAX_EMOJI = 6;

// A flag, a keycap, or a picture with its skin tone, tags (as in the flag of Wales), and the pictures joined to it.
const FLAG = String.raw`\p{RI}\p{RI}`;
const KEYCAP = String.raw`[0-9#*]\uFE0F?\u20E3`;
const PICTURE = String.raw`(?!\p{RI})(?:\p{Extended_Pictographic}\uFE0F|\p{Emoji}\p{Emoji_Modifier}|\p{Emoji_Presentation})\uFE0F?`;
const TAGS = String.raw`(?:[\u{E0020}-\u{E007E}]+\u{E007F})?`;
const JOINED = String.raw`(?:\u200D(?:\p{Extended_Pictographic}\p{Emoji_Modifier}?)\uFE0F?)*`;
const EMOJI_ONLY = new RegExp(`^(?:\\s*(?:${FLAG}|${KEYCAP}|${PICTURE}${TAGS}${JOINED})){1,${MAX_EMOJI}}\\s*$`, "u");

/** Returns whether the text consists of a few emoji and nothing else. */
export function isEmojiOnly(text) {
  return EMOJI_ONLY.test(text);
}
