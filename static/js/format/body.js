/** The bodies of messages. */

/**
 * Returns the text without empty lines at its beginning and spaces at its end. The first line keeps its spaces, as they may
 * make it a code block.
 */
export function bodyOf(text) {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}
