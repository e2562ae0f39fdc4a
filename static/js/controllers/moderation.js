/** What moderators do to messages, and what everybody can do about one. */

import { askFor, notify } from "chatsite/elements/dialogs.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { ngettext } from "chatsite/i18n.js";
import { post } from "chatsite/net/http.js";

const REASON_LENGTH = 500;
const SPANS = { hour: "Messages from the last hour", day: "Messages from the last 24 hours", all: "All messages" };

/** Throws an HttpError whose message says why not. */
export async function report(message) {
  const reason = await askFor({
    title: "Report message",
    text: "Admins will see this message with the messages around it, your name and your reason. The author won’t know who reported it. We’ll let you know the outcome.",
    field: "Reason",
    limit: REASON_LENGTH,
    yes: "Report",
    quote: excerptOf(message, REASON_LENGTH),
  });
  if (reason === null) return;
  await post(`/messages/${message.id}/reports/`, { reason });
  notify("Thanks. Admins will review your report and let you know the outcome.");
}

/** Deletes what one person wrote in a room. */
export async function sweep(room, person) {
  const span = await askFor({
    title: `Delete messages from ${person.name}?`,
    text: "Their messages and files in this room will be deleted for everyone. This can’t be undone.",
    field: "Which messages",
    choices: SPANS,
    yes: "Delete",
  });
  if (span === null) return;
  const response = await post(`/rooms/${room}/members/${person.id}/messages/`, { span });
  const { deleted, remaining } = await response.json();
  notify(
    remaining
      ? ngettext("Deleting %(count)s message…", "Deleting %(count)s messages…", remaining)
      : ngettext("%(count)s message deleted.", "%(count)s messages deleted.", deleted),
  );
}
