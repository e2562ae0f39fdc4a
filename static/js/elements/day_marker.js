/** The day of the topmost message in view, above the log. It is a button for jumping to another date. */

import { dayLabel, formatDateTime } from "chatsite/format/dates.js";

const HEIGHT = 44; // pixels of the log that it would cover

export class DayMarker {
  #button;
  #time;
  /** The time of the topmost message in view, or null. */
  at = null;

  constructor(button) {
    this.#button = button;
    this.#time = button.querySelector("time");
  }

  /**
   * `nodes` are the log's rows, of which those from `index` on end below `top`, the position of the log's upper edge; `entries` are
   * the entries that they show. The marker is hidden while the line of a day is at its place.
   */
  draw({ entries, nodes, index, top, isCovered }) {
    const entry = entries[index];
    this.at = entry ? timeOf(entry) : null;
    let isDayShown = !entry;
    for (let next = index; nodes[next]?.offsetTop < top + HEIGHT; next++) isDayShown ||= entries[next].kind === "day";
    this.#button.toggleAttribute("hidden", isCovered || isDayShown || nodes[index].offsetTop > top);
    if (!this.#button.hidden) this.#label();
  }

  #label() {
    const text = dayLabel(this.at);
    if (this.#time.textContent === text) return;
    Object.assign(this.#time, { dateTime: this.at, title: formatDateTime(this.at), textContent: text });
  }
}

function timeOf({ at, message }) {
  return message?.at ?? at;
}
