/** What moderators do to messages. */

import { askFor, notify } from "chatsite/elements/dialogs.js";
import { post } from "chatsite/lib/http.js";

const SPANS = { hour: "What they wrote in the last hour", day: "What they wrote in the last day", all: "All that they ever wrote" };

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
