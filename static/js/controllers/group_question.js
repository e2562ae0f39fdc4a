/** The question before groups with many people in the room are mentioned, which may be a mistake. */

import { confirmAction } from "chatsite/elements/dialogs.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const MANY = 20;
const MAX_NAMES = 50;
const PATIENCE = 1500; // in milliseconds. The message isn't held up for longer.

/** Resolves with whether the message is to be sent: the groups among these names reach few people, or the user wants it. */
export async function confirmGroups(names, room) {
  const reached = await numberReached(names, room);
  if (reached <= MANY) return true;
  const title = ngettext("Notify %(count)s person?", "Notify %(count)s people?", reached);
  const text = gettext("This message mentions groups with many people in this room.");
  return confirmAction({ title, text, action: gettext("Send") });
}

async function numberReached(names, room) {
  const query = new URLSearchParams([["room", room], ...names.slice(0, MAX_NAMES).map((name) => ["name", name])]);
  const answer = getJson(`/groups/reach/?${query}`).catch(() => null); // without a connection, the message waits anyway
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  return (await Promise.race([answer, late]))?.reached ?? 0;
}
