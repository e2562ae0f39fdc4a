/** Excerpts and quotes of messages. */

const QUOTE_LENGTH = 120;

/** Returns the message's text, or the names of its files if it has none, as one line of at most `maxLength` characters. */
export function excerptOf({ body, attachments }, maxLength) {
  const text = (body || namesOf(attachments)).replace(/\s+/g, " ").trim();
  if (text.length <= maxLength) return text;
  return `${[...text].slice(0, maxLength - 1).join("")}…`; // by code point, so that no emoji is cut in half
}

/** Returns {id, seq, sender, excerpt}: the quote of a message that is replied to. */
export function quoteOf(message) {
  const { id, seq, sender } = message;
  return { id, seq, sender, excerpt: excerptOf(message, QUOTE_LENGTH) };
}

function namesOf(attachments) {
  return attachments?.length ? `📎 ${attachments.map(({ name }) => name).join(", ")}` : "";
}
