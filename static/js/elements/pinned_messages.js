/** <pinned-messages>: the room's pinned messages, in its information. What comes in keeps the list true. */

import { clone } from "chatsite/elements/templates.js";
import { dayTimeLabel } from "chatsite/format/dates.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { getJson } from "chatsite/net/http.js";
import { roomPath } from "chatsite/format/paths.js";

const EXCERPT = 140;

export class ChatPins extends HTMLElement {
  #room = null;
  #known = new Map();
  /** What came in since the server was asked, until it answers. */
  #since = null;

  /** The room whose pinned messages to show, or null for none. Asks anew also for the same room: whom one sees may have changed. */
  async show(room) {
    if (room !== this.#room) this.#known.clear();
    this.#room = room ?? null;
    this.#draw();
    const since = (this.#since = room ? [] : null);
    if (!room) return;
    const answer = await getJson(`/rooms/${room}/pins/`).catch(() => null);
    if (since !== this.#since) return; // asked once more meanwhile
    this.#since = null;
    if (!answer) return;
    this.#known.clear();
    this.heard([...answer.messages, ...since]);
  }

  /** Messages in their newest state, pinned or not. */
  heard(messages) {
    this.#since?.push(...messages);
    for (const message of messages) {
      const known = this.#known.get(message.id);
      const isNew = message.room === this.#room && (known ? message.version >= known.version : message.pinned_at);
      if (isNew) this.#known.set(message.id, message);
    }
    this.#draw();
  }

  #draw() {
    const pinned = [...this.#known.values()].filter(({ pinned_at: at }) => at);
    pinned.sort((a, b) => b.pinned_at.localeCompare(a.pinned_at) || b.seq - a.seq);
    const look = pinned.map(({ id, version }) => `${id} ${version}`).join();
    if (this.dataset.look === look) return;
    this.dataset.look = look;
    this.replaceChildren(...(pinned.length ? [heading(pinned.length), list(pinned)] : []));
  }
}

function heading(count) {
  const element = document.createElement("h2");
  element.textContent = `Pinned · ${count}`;
  return element;
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
  link.textContent = excerptOf(message, EXCERPT);
  item.querySelector("bdi").textContent = message.sender.name;
  item.querySelector("time").textContent = dayTimeLabel(message.at);
  item.querySelector("time").dateTime = message.at;
  return item;
}

customElements.define("pinned-messages", ChatPins);
