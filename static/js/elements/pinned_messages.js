/** <pinned-messages>: a room's pinned messages, updated with the messages that arrive. */

import { clone } from "chatsite/elements/templates.js";
import { dayTimeLabel } from "chatsite/format/dates.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { roomPath } from "chatsite/format/paths.js";
import { shownSender } from "chatsite/format/senders.js";
import { formatNumber, gettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const EXCERPT_LENGTH = 140;

export class PinnedMessages extends HTMLElement {
  #room = null;
  #messages = new Map();
  /** Messages that arrive while the list is being loaded. */
  #arrived = null;

  /** Shows the pinned messages of a room, or nothing for null. Reloads them for the same room, as blocking may hide some. */
  async show(room) {
    if (room !== this.#room) this.#messages.clear();
    this.#room = room ?? null;
    this.#draw();
    const arrived = (this.#arrived = room ? [] : null);
    if (!room) return;
    const response = await getJson(`/rooms/${room}/pins/`).catch(() => null);
    if (arrived !== this.#arrived) return; // they are already being reloaded
    this.#arrived = null;
    if (!response) return;
    this.#messages.clear();
    this.update([...response.messages, ...arrived]);
  }

  /** Applies messages in their latest state, whether or not they are pinned. */
  update(messages) {
    this.#arrived?.push(...messages);
    for (const message of messages) {
      const known = this.#messages.get(message.id);
      const isNew = message.room === this.#room && (known ? message.version >= known.version : message.pinned_at);
      if (isNew) this.#messages.set(message.id, message);
    }
    this.#draw();
  }

  #draw() {
    const pinned = [...this.#messages.values()].filter(({ pinned_at: at }) => at);
    pinned.sort((a, b) => b.pinned_at.localeCompare(a.pinned_at) || b.seq - a.seq);
    const key = JSON.stringify(pinned.map((message) => [message.id, shownSender(message).name, excerptOf(message, EXCERPT_LENGTH)]));
    if (this.dataset.key === key) return;
    this.dataset.key = key;
    this.replaceChildren(...(pinned.length ? [heading(pinned.length), list(pinned)] : []));
  }
}

function heading(count) {
  const text = gettext("Pinned · %(count)s", { count: formatNumber(count) });
  return Object.assign(document.createElement("h2"), { textContent: text });
}

function list(messages) {
  const element = document.createElement("ul");
  element.className = "room-info__pins";
  element.append(...messages.map(row));
  return element;
}

function row(message) {
  const item = clone("pinned-message");
  const link = item.querySelector("a");
  link.href = roomPath(message.room, message.seq);
  link.textContent = excerptOf(message, EXCERPT_LENGTH);
  item.querySelector("bdi").textContent = shownSender(message).name;
  item.querySelector("time").textContent = dayTimeLabel(message.at);
  item.querySelector("time").dateTime = message.at;
  return item;
}

customElements.define("pinned-messages", PinnedMessages);
