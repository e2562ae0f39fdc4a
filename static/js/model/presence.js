/** Who is online, and how: "on", "away" (idle), "dnd" (do not disturb), or "off". */

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

  /** `online` are the ids of those who came online or changed their state; `away` and `dnd` say which state they have. */
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
