/** Who is here now, and how: "on", "away" (not at it), "dnd" (not to be disturbed), or "off". */

const WORDS = { on: "online", away: "away", dnd: "do not disturb", off: "offline" };

export class Presence {
  #states = new Map();

  constructor(told = {}) {
    this.change(told);
  }

  replace(told) {
    this.#states.clear();
    this.change(told);
  }

  /** `online` are those who came or are here in another way; which way, the other lists say. */
  change({ online = [], offline = [], away = [], dnd = [] }) {
    for (const id of online) this.#states.set(id, "on");
    for (const id of away) this.#states.set(id, "away");
    for (const id of dnd) this.#states.set(id, "dnd");
    for (const id of offline) this.#states.delete(id);
  }

  has(id) {
    return this.#states.has(id);
  }

  stateOf(id) {
    return this.#states.get(id) ?? "off";
  }

  get count() {
    return this.#states.size;
  }
}

export function presenceLabel(state) {
  return WORDS[state];
}
