/** <room-info>: the room's information, as the server renders it; who is here stays true in between. */

import { getText } from "chatsite/net/http.js";
import { presenceLabel } from "chatsite/model/presence.js";
import { showFragment } from "chatsite/elements/server_html.js";

const AGAIN_AFTER = 5_000;
const FOR_EACH = 60;
const SOON = [1_500, 3_000, 6_000];

export class ChatFacts extends HTMLElement {
  #room = null;
  #loadedAt = 0;
  #timer;
  #rechecks = 0;

  get isShown() {
    return this.checkVisibility();
  }

  /** The open room, or null for none. Loads only when somebody can see it. */
  show(room) {
    if (room !== this.#room) this.body.replaceChildren();
    this.#room = room;
    this.#loadedAt = 0;
    this.#rechecks = 0;
    if (room && this.isShown) this.#load();
  }

  /** Something changed: look again, but not for each of many changes, and the rarer the more pages do the same. */
  stale(hereCount = 0) {
    if (!this.#room || !this.isShown) return;
    clearTimeout(this.#timer);
    const pause = Math.max(AGAIN_AFTER, hereCount * FOR_EACH);
    this.#timer = setTimeout(() => this.#load(), Math.max(300, this.#loadedAt + pause - Date.now()));
  }

  /** The server's table knew less than the socket: look again, a few times. */
  recheck() {
    const pause = SOON[this.#rechecks];
    if (!pause) return;
    this.#rechecks += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), pause);
  }

  /** Whether this person is drawn. */
  knows(id) {
    return Boolean(this.querySelector(`[data-person="${id}"]`));
  }

  /** Marks the drawn faces by who is here now. True where the server had drawn one otherwise. */
  mark(presence) {
    let differs = false;
    for (const row of this.querySelectorAll("[data-person]")) {
      const face = row.querySelector(".avatar");
      const state = presence.stateOf(Number(row.dataset.person));
      differs ||= (face.dataset.status === "off") !== (state === "off");
      face.dataset.status = state;
      row.querySelector("[data-presence]").textContent = `, ${presenceLabel(state)}`;
    }
    return differs;
  }

  /** How many messages the room has by now. */
  count(messages) {
    const place = this.querySelector("[data-message-count]");
    if (place && Number(place.dataset.messageCount) < messages) {
      place.dataset.messageCount = messages;
      place.textContent = messages.toLocaleString();
    }
  }

  get body() {
    return this.querySelector(".room-info__body");
  }

  async #load() {
    const room = this.#room;
    this.#loadedAt = Date.now();
    try {
      const html = await getText(`/rooms/${room}/facts/`);
      if (room !== this.#room || this.body.matches(":focus-within:not(:focus)")) return;
      showFragment(this.body, html);
      this.dispatchEvent(new Event("facts-drawn"));
    } catch (error) {
      if (room === this.#room && !this.body.hasChildNodes()) this.body.textContent = error.message;
    }
  }
}

customElements.define("room-info", ChatFacts);
