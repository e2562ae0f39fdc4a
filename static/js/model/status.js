/** Status texts, and one's own status. */

import { gettext } from "chatsite/i18n.js";

/** The person's status text, until it expires. */
export function statusText(person, now = Date.now()) {
  if (!person?.status_text || (person.status_until && Date.parse(person.status_until) <= now)) return "";
  return person.status_text;
}

/** The state with which one's own avatar is marked. `state` is the one that others see. */
export function ownState({ status }, state) {
  if (status === "invisible") return "off";
  return status === "dnd" ? "dnd" : state === "away" ? "away" : "on";
}

/** The text below one's own name instead of "Online", or "". */
export function ownStatusText(me, now = Date.now()) {
  const labels = { dnd: gettext("Do not disturb"), invisible: gettext("Invisible") };
  return statusText(me, now) || labels[me.status] || "";
}
