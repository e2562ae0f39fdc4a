/** Strings that can be sent and stored. */

// Half of a surrogate pair, as some input methods and cut-off pastes leave it, has no UTF-8. Databases can't store NUL.
const UNSENDABLE = /[\0\p{Surrogate}]/gu;

/** Returns the text with the replacement character in the place of each character that can't be sent. */
export function toWellFormed(text) {
  return text.replace(UNSENDABLE, "\uFFFD");
}
