/** Strings that can be sent and stored. */

// UTF-8 can't represent half a surrogate pair, which some input methods and cut-off pastes leave. Databases can't store NUL.
const UNSENDABLE = /[\0\p{Surrogate}]/gu;

/** Returns the text with each character that can't be sent replaced by U+FFFD. */
export function toWellFormed(text) {
  return text.replace(UNSENDABLE, "\uFFFD");
}
