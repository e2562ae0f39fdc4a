/** The presence of users ("on", "away" when idle, "dnd" for do not disturb, or "off") and their status texts. */

import { gettext } from "chatsite/i18n.js";

export class Presence {
  #states = new Map();

  constructor(lists = {}) {
    this.change(lists);
  }

  replace(lists) {
    this.#states.clear();
    this.change(lists);
  }

  /** `online`: the ids of users who came online or changed their state. `away` and `dnd`: those of them in these states. */
  change({ online = [], offline = [], away = [], dnd = [] }) {
    for (const id of online) this.#states.set(id, "on");
    for (const id of away) this.#states.set(id, "away");
    for (const id of dnd) this.#states.set(id, "dnd");
    for (const id of offline) this.#states.delete(id);
  }

  stateOf(id) {
    return this.#states.get(id) ?? "off";
  }

  get count() {
    return this.#states.size;
  }
}

export function presenceLabel(state) {
  return { on: gettext("online"), away: gettext("away"), dnd: gettext("do not disturb"), off: gettext("offline") }[state];
}

/** Returns the user's status text, or "" once it has expired. */
export function statusText(person, now = Date.now()) {
  if (!person?.status_text || (person.status_until && Date.parse(person.status_until) <= now)) return "";
  return person.status_text;
}

/** Returns the state shown on one's own avatar. `state` is the one that other users see. */
export function ownState({ status }, state) {
  if (status === "invisible") return "off";
  return status === "dnd" ? "dnd" : state === "away" ? "away" : "on";
}

/** Returns the text shown below one's own name instead of "Online", or "". */
export function ownStatusText(me, now = Date.now()) {
  const labels = { dnd: gettext("Do not disturb"), invisible: gettext("Invisible") };
  return statusText(me, now) || labels[me.status] || "";
}
