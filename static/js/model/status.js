/** What people say of themselves, and how one's own state is called. */

const OWN = { dnd: "Do not disturb", invisible: "Invisible" };

/** The status text, until its time is over. */
export function statusText(person, now = Date.now()) {
  if (!person?.status_text || (person.status_until && Date.parse(person.status_until) <= now)) return "";
  return person.status_text;
}

/** How one's own face is marked. `state` is what others see. */
export function ownState({ status }, state) {
  if (status === "invisible") return "off";
  return status === "dnd" ? "dnd" : state === "away" ? "away" : "on";
}

/** What stands below one's own name instead of "Live", or "". */
export function ownStatusText(me, now = Date.now()) {
  return statusText(me, now) || OWN[me.status] || "";
}
