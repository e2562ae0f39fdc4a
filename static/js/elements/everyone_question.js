/** The question before everyone in a room with many members is mentioned, which may be a mistake. */

import { confirmAction } from "chatsite/elements/dialogs.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { everyoneIn, namesIn } from "chatsite/model/mentions.js";

const MANY_MEMBERS = 20;

/** Returns whether a text mentions everyone in a room with this number of members, and there are many. */
export function notifiesMany(body, members) {
  return members > MANY_MEMBERS && everyoneIn(body) !== "";
}

/** Returns the names in a text that may be those of groups with many people in the room. `isPerson(name)` knows some that aren't. */
export function possibleGroups(body, { members, isPerson }) {
  return members > MANY_MEMBERS ? namesIn(body).filter((name) => !isPerson(name)) : [];
}

/** Resolves with whether the user wants to send it. `action` is the button's text. */
export function confirmEveryone(body, members, action = gettext("Send")) {
  if (everyoneIn(body) === "here") {
    const text = gettext("@here notifies the members of this room who are online.");
    return confirmAction({ title: gettext("Notify everyone who is online?"), text, action });
  }
  const title = ngettext("Notify %(count)s person?", "Notify %(count)s people?", members - 1);
  return confirmAction({ title, text: gettext("@room notifies all members of this room."), action });
}
