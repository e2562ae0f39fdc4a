/** Excerpts and quotes of messages. */

const QUOTE_LENGTH = 120;

const COVERED = "▒▒▒▒";
// From the first spoiler to the end of the last one, as only the server knows exactly which bars belong together.
const SPOILERS = /\|\|(?=\S)[^]*\S\|\|/;

// Of the server's HTML, as in messaging/rendering/excerpt.py.
const RENDERED_SPOILER = /<span class="spoiler">[^]*?<\/span>/g;
const CHECKBOX = /<input( [^>]*)>/g;
const INLINE_TAG = /<\/?(?:strong|em|s|code|a|span)\b[^>]*>/g;
const TAG = /<[^>]*>/g;
const ENTITY = /&(lt|gt|amp|quot|#x27|#39);/g;
const CHARACTERS = { lt: "<", gt: ">", amp: "&", quot: '"', "#x27": "'", "#39": "'" };

/**
 * Returns the message's text without markup and spoilers, or the names of its files if it has none, as one line of at most
 * `maxLength` characters.
 */
export function excerptOf(message, maxLength) {
  const text = (textOf(message) || namesOf(message.attachments)).replace(/\s+/g, " ").trim();
  if (text.length <= maxLength) return text;
  return `${[...text].slice(0, maxLength - 1).join("")}…`; // by code point, so that no emoji is cut in half
}

/** Returns {id, seq, sender, alias, excerpt}: the quote of a message that is replied to. */
export function quoteOf(message) {
  const { id, seq, sender, alias } = message;
  return { id, seq, sender, alias, excerpt: excerptOf(message, QUOTE_LENGTH) };
}

/** A message without `html` has not been rendered yet. */
function textOf({ body = "", html }) {
  if (!html) return body.replace(SPOILERS, COVERED);
  const shown = html.replace(RENDERED_SPOILER, COVERED).replace(CHECKBOX, (tag) => (tag.includes("checked") ? "☑" : "☐"));
  return shown.replace(INLINE_TAG, "").replace(TAG, " ").replace(ENTITY, (whole, name) => CHARACTERS[name]);
}

function namesOf(attachments) {
  return attachments?.length ? `📎 ${attachments.map(({ name }) => name).join(", ")}` : "";
}
