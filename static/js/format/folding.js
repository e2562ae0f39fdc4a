/** Folds text for comparing it, so that "jose" is found in "José" and "lukasz" in "Łukasz". */

/** Letters with a stroke, and others that normalization doesn't decompose, like on the server. */
const LETTERS = { ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", æ: "ae", œ: "oe", ß: "ss" };
const OTHERS = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");

/** Returns the text without accents and case. */
export function fold(text) {
  const folded = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return folded.replace(OTHERS, (letter) => LETTERS[letter]).trim();
}
