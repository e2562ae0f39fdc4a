/** Excerpts and quotes of messages. */

const QUOTE_LENGTH = 120;

const COVERED = "▒▒▒▒";
// From the first spoiler to the end of the last one, as only the server knows exactly which bars belong together.
const SPOILERS = /\|\|(?=\S)[^]*\S\|\|/;

/**
 * Returns the message's text without its spoilers, or the names of its files if it has none, as one line of at most `maxLength`
 * characters.
 */
export function excerptOf(message, maxLength) {
  const text = (withoutSpoilers(message) || namesOf(message.attachments)).replace(/\s+/g, " ").trim();
  if (text.length <= maxLength) return text;
  return `${[...text].slice(0, maxLength - 1).join("")}…`; // by code point, so that no emoji is cut in half
}

/** Returns {id, seq, sender, excerpt}: the quote of a message that is replied to. */
export function quoteOf(message) {
  const { id, seq, sender } = message;
  return { id, seq, sender, excerpt: excerptOf(message, QUOTE_LENGTH) };
}

/** A message without `html` has not been rendered yet, and may have spoilers. */
function withoutSpoilers({ body = "", html }) {
  return !html || html.includes('<span class="spoiler">') ? body.replace(SPOILERS, COVERED) : body;
}

function namesOf(attachments) {
  return attachments?.length ? `📎 ${attachments.map(({ name }) => name).join(", ")}` : "";
}
