/** Excerpts of messages. */

/** Returns the message's text, or the names of its files if it has none, as one line of at most `maxLength` characters. */
export function excerptOf({ body, attachments }, maxLength) {
  const text = (body || namesOf(attachments)).replace(/\s+/g, " ").trim();
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

function namesOf(attachments) {
  return attachments?.length ? `📎 ${attachments.map(({ name }) => name).join(", ")}` : "";
}
