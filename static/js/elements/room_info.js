/** <room-info>: a room's details, rendered by the server, and its pinned messages. Presence is updated in between. */

import "chatsite/elements/local_time.js";
import "chatsite/elements/pinned_messages.js";
import { showFragment } from "chatsite/elements/server_html.js";
import { formatTimeIn } from "chatsite/format/dates.js";
import { formatNumber } from "chatsite/i18n.js";
import { presenceLabel } from "chatsite/model/presence.js";
import { getText } from "chatsite/net/http.js";

// In milliseconds.
const MIN_DELAY = 300;
const MIN_INTERVAL = 5000;
const INTERVAL_PER_PERSON = 60; // for each user online, because they all reload after the same change
const RETRY_DELAYS = [1500, 3000, 6000];

export class RoomInfo extends HTMLElement {
  #pins = document.createElement("pinned-messages");
  #presence = null;
  #isConnected = false;
  #room = null;
  #loadedAt = 0;
  #timer;
  #retries = 0;

  /**
   * Shows a room, or nothing for null. The details are only loaded while they are visible. `isConnected`: whether this user is
   * online, even if the server's table of connections doesn't say so yet.
   */
  show(room, { isConnected = false } = {}) {
    this.#isConnected = isConnected;
    if (room !== this.#room) this.#body.replaceChildren();
    this.#room = room;
    this.#loadedAt = 0;
    this.#retries = 0;
    if (room && this.#isVisible) this.#load();
    this.#pins.show(this.#isVisible ? room : null);
  }

  /** Reloads the details at most once per interval, which grows with the number of users online. */
  refresh(onlineCount = 0) {
    if (!this.#room || !this.#isVisible) return;
    const interval = Math.max(MIN_INTERVAL, onlineCount * INTERVAL_PER_PERSON);
    this.#loadIn(Math.max(MIN_DELAY, this.#loadedAt + interval - Date.now()));
  }

  /** Returns whether this user is drawn. */
  includes(personId) {
    return Boolean(this.querySelector(`[data-person="${personId}"]`));
  }

  draw(presence, room) {
    this.#presence = presence;
    this.#drawPresence();
    this.#drawLocalTime();
    if (room) this.#drawMessageCount(room.last_seq);
  }

  updateMessages(messages) {
    this.#pins.update(messages);
  }

  get #isVisible() {
    return this.checkVisibility();
  }

  get #body() {
    return this.querySelector(".room-info__body");
  }

  /** Updates presence. Returns whether the server has rendered a user as online who isn't, or vice versa. */
  #drawPresence() {
    let differs = false;
    for (const row of this.querySelectorAll("[data-person]")) {
      const state = this.#presence.stateOf(Number(row.dataset.person));
      const [avatar, presence] = [row.querySelector(".avatar"), row.querySelector("[data-presence]")];
      if (avatar.dataset.status !== state) avatar.dataset.status = state; // a room may have hundreds of rows
      const label = `, ${presenceLabel(state)}`;
      if (presence && presence.textContent !== label) presence.textContent = label;
      if (this.#regroup(row, state === "off" ? "offline" : "online")) differs = true;
    }
    return differs;
  }

  /**
   * Moves a person between those online and those offline, as the server's table of connections lags behind the socket's events.
   * Bots have a group of their own.
   */
  #regroup(row, name) {
    const [from, to] = [row.closest("[data-group]"), this.querySelector(`[data-group="${name}"]`)];
    if (!from || from === to || from.dataset.group === "bots") return false;
    const textOf = (each) => each.querySelector("bdi")?.textContent ?? "";
    const next = [...to.querySelectorAll("li")].find((each) => !each.dataset.person || textOf(each).localeCompare(textOf(row)) > 0);
    to.querySelector("ul").insertBefore(row, next ?? null);
    changeCount(from, -1);
    changeCount(to, 1);
    return true;
  }

  /** Shows the other person's local time. */
  #drawLocalTime() {
    const element = this.querySelector("[data-zone]");
    if (element) element.textContent = formatTimeIn(element.dataset.zone);
  }

  #drawMessageCount(count) {
    const element = this.querySelector("[data-message-count]");
    if (!element || Number(element.dataset.messageCount) >= count) return;
    element.dataset.messageCount = count;
    element.textContent = formatNumber(count);
  }

  async #load() {
    const room = this.#room;
    this.#loadedAt = Date.now();
    try {
      const html = await getText(`/rooms/${room}/info/${this.#isConnected ? "?connected" : ""}`);
      if (room !== this.#room || this.#body.matches(":focus-within:not(:focus)")) return;
      showFragment(this.#body, html);
      this.querySelector("[data-pins]")?.append(this.#pins);
      this.#drawLocalTime();
      if (this.#drawPresence()) this.#retry();
    } catch (error) {
      if (room === this.#room && !this.#body.hasChildNodes()) this.#body.textContent = error.message;
    }
  }

  /** Reloads a few times, because the server's table of connections lags behind the socket's events. */
  #retry() {
    const delay = RETRY_DELAYS[this.#retries];
    if (!delay) return;
    this.#retries += 1;
    this.#loadIn(delay);
  }

  #loadIn(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), delay);
  }
}

function changeCount(group, change) {
  const element = group.querySelector("[data-count]");
  const count = Number(element.dataset.count) + change;
  element.dataset.count = count;
  element.textContent = formatNumber(count);
  group.hidden = !count;
}

customElements.define("room-info", RoomInfo);
