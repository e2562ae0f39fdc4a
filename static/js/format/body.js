/** The bodies of messages. */

const MAX_TITLE = 200;

/**
 * Returns the text without empty lines at its beginning and spaces at its end. The first line keeps its spaces, as they may
 * make it a code block.
 */
export function bodyOf(text) {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** Returns the first line that isn't the beginning of a code block, for a message whose text is in a file. */
export function titleOf(text) {
  const line = text.split("\n").find((each) => each.trim() && !/^\s*(?:```|~~~)/.test(each))?.trim() ?? "";
  const characters = [...line];
  return characters.length > MAX_TITLE ? `${characters.slice(0, MAX_TITLE - 1).join("")}…` : line;
}
