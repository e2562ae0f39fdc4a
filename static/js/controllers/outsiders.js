/** Offers to add people to a room who were mentioned in it but aren't in it. Only the author of the message sees this. */

import { attempt } from "chatsite/elements/dialogs.js";
import { notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { roomPath } from "chatsite/format/paths.js";
import { formatList, gettext, ngettext } from "chatsite/i18n.js";
import { post } from "chatsite/net/http.js";

const NAMES = 3;

export function watchOutsiders({ outbox, rooms, isBlocked }) {
  let notice = null;
  outbox.addEventListener("sent", ({ detail: { message, outsiders } }) => {
    const room = rooms.get(message.room);
    const people = outsiders.filter((person) => !isBlocked(person));
    if (!room || !people.length) return;
    notice?.remove();
    const action = canAdd(room) ? { text: addText(people), run: () => attempt(() => add(room, people)) } : null;
    notice = notify(outsidersText(people), "", { duration: UNTIL_DISMISSED, action });
  });
}

function canAdd({ kind, role }) {
  return kind === "public" ? Boolean(role) : kind === "private" && (role === "owner" || role === "moderator");
}

function outsidersText(people) {
  const names = people.map(({ name }) => name);
  const others = names.length - NAMES;
  const shown = others > 0 ? [...names.slice(0, NAMES), ngettext("%(count)s other", "%(count)s others", others)] : names;
  const parameters = { names: formatList(shown) };
  return ngettext(
    "%(names)s isn’t in this room and won’t see this.",
    "%(names)s aren’t in this room and won’t see this.",
    people.length,
    parameters,
  );
}

function addText(people) {
  return people.length === 1 ? gettext("Add %(name)s", { name: people[0].name }) : gettext("Add them");
}

async function add({ id }, people) {
  const fields = new URLSearchParams(people.map(({ username }) => ["user", username]));
  const { refused } = await (await post(`${roomPath(id)}members/`, fields)).json(); // a line in the room shows who was added
  for (const { detail } of refused) notify(detail, "is-warning");
}
