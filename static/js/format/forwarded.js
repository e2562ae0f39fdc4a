/** The text of a message that forwards another one. */

import { shownSender } from "chatsite/format/senders.js";
import { gettext, ngettext } from "chatsite/i18n.js";

/**
 * Returns the Markdown: the comment, and below it the message as a quote with its origin, a link to which only those who may read it
 * can follow. In a quote, mentions notify no one. A text that would be over the limit is cut.
 *
 * `link` is the URL of the message, and `room` the title of its room, or null for a direct conversation.
 */
export function forwardedBody(message, { room, link, comment = "", limit }) {
  const { body, attachments = [] } = message;
  const characters = [...body];
  const compose = (text) => {
    const tail = tailOf(attachments.length, text !== body, link);
    return [comment.trim(), quoted([headerOf(shownSender(message), room, link), ...(text ? ["", ...text.split(/\r\n|\r|\n/)] : [])]), tail]
      .filter(Boolean)
      .join("\n\n");
  };
  const fits = (count) => [...compose(cut(body, characters, count))].length <= limit;
  if (fits(characters.length)) return compose(body);
  let [low, high] = [0, characters.length]; // of the characters that remain: `low` fit, `high` don't
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return compose(cut(body, characters, low));
}

function headerOf({ name }, room, link) {
  const text = room ? gettext("Forwarded from %(name)s in %(room)s", { name, room }) : gettext("Forwarded from %(name)s", { name });
  return `**[${escape(text)}](${link})**`;
}

function quoted(lines) {
  return lines.map((line) => (line ? `> ${line}` : ">")).join("\n");
}

/** Outside of the quote, where an unclosed block of code ends. */
function tailOf(files, isCut, link) {
  const links = [];
  if (isCut) links.push(gettext("Read the whole message"));
  if (files) links.push(ngettext("%(count)s file in the original message", "%(count)s files in the original message", files));
  return links.map((text) => `[${text}](${link})`).join(" · ");
}

/** Returns the first characters. A spoiler isn't cut, because without its end it would be readable. */
function cut(body, characters, count) {
  if (count >= characters.length) return body;
  const text = characters.slice(0, count).join("");
  const spoiler = text.indexOf("||");
  return `${(spoiler < 0 ? text : text.slice(0, spoiler)).trimEnd()}…`;
}

/** Returns a name so that Markdown shows it as it is. */
function escape(text) {
  return text.replace(/[\\`*_~[\]<>|&:@]/g, "\\$&");
}
