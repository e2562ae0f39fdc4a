/** What moderators do to messages, and what everybody can do about one. */

import { askFor, notify } from "chatsite/elements/dialogs.js";
import { excerptOf } from "chatsite/lib/excerpt.js";
import { post } from "chatsite/lib/http.js";

const REASON_LENGTH = 500;
const SPANS = { hour: "What they wrote in the last hour", day: "What they wrote in the last day", all: "All that they ever wrote" };

/** Throws an HttpError whose message says why not. */
export async function report(message) {
  const reason = await askFor({
    title: "Report this message?",
    text: "The administrators of this site see it with the messages around it, your name and your reason. The writer is not told who reported it. You hear what comes of it.",
    field: "What is wrong with it",
    limit: REASON_LENGTH,
    yes: "Report it",
    quote: excerptOf(message, REASON_LENGTH),
  });
  if (reason === null) return;
  await post(`/messages/${message.id}/reports/`, { reason });
  notify("Thank you. The administrators have your report; you hear what comes of it.");
}

/** Deletes what one person wrote in a room. */
export async function sweep(room, person) {
  const span = await askFor({
    title: `Remove all by ${person.name}?`,
    text: "What they wrote in this room is deleted for everyone, with all it held. This cannot be undone.",
    field: "Which",
    choices: SPANS,
    yes: "Remove it",
  });
  if (span === null) return;
  const { deleted } = await (await post(`/rooms/${room}/members/${person.id}/messages/`, { span })).json();
  notify(deleted === 1 ? "One message was removed." : `${deleted} messages were removed.`);
}
