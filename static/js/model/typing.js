/** Typing indicators. Sends one's own at intervals, and removes those of other users who stopped typing. */

import { formatList, gettext, ngettext } from "chatsite/i18n.js";

const SEND_INTERVAL = 3000;
const EXPIRES_AFTER = 5000;
const MAX_NAMES = 3;

export class TypingSender {
  #send;
  #sentAt = new Map();

  constructor(send) {
    this.#send = send;
  }

  typed(room, now = Date.now()) {
    if (now - (this.#sentAt.get(room) ?? -Infinity) < SEND_INTERVAL) return;
    this.#sentAt.set(room, now);
    this.#send(room);
  }

  /** Call this when the message was posted, so that the next keystroke is sent immediately. */
  stopped(room) {
    this.#sentAt.delete(room);
  }
}

/** Dispatches "change" when another user starts or stops typing. */
export class TypingIndicator extends EventTarget {
  #entries = new Map();

  add(room, person) {
    const key = `${room} ${person.id}`;
    clearTimeout(this.#entries.get(key)?.timer);
    const timer = setTimeout(() => this.remove(room, person.id), EXPIRES_AFTER);
    this.#entries.set(key, { room, person, timer });
    this.dispatchEvent(new Event("change"));
  }

  remove(room, personId) {
    const key = `${room} ${personId}`;
    clearTimeout(this.#entries.get(key)?.timer);
    if (this.#entries.delete(key)) this.dispatchEvent(new Event("change"));
  }

  removePerson(personId) {
    for (const { room, person } of [...this.#entries.values()]) if (person.id === personId) this.remove(room, personId);
  }

  inRoom(room) {
    return [...this.#entries.values()].filter((entry) => entry.room === room).map((entry) => entry.person);
  }
}

export function typingText(names) {
  if (!names.length) return "";
  if (names.length > MAX_NAMES) return gettext("Several people are typing…");
  return ngettext("%(names)s is typing…", "%(names)s are typing…", names.length, { names: formatList(names) });
}
