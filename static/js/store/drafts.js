/** Drafts: the unfinished message for each room and user, in the browser's storage, which all of its tabs share. */

import { bodyOf } from "chatsite/format/body.js";
import { quoteOf } from "chatsite/format/excerpt.js";

const EMPTY = { body: "", replyTo: null };

/**
 * Dispatches "change" ({room, draft, isConflict}) when another tab or device has changed a room's draft. If `isConflict` is true, this
 * tab changed it at the same time, and `draft` is the other tab's version. Dispatches "stored" ({room, draft}) when this tab has.
 */
export class Drafts extends EventTarget {
  #storage;
  #prefix;
  #isBlocked;
  /** The JSON that this tab stored last, by key, or null if it removed the draft. Deleted when another tab replaces it. */
  #own = new Map();
  #rooms = null;

  /** Quotes of users for whom `isBlocked(person)` is true are hidden. With another `prefix`, the ids can be those of threads. */
  constructor(storage, user, { isBlocked = () => false, prefix = draftPrefix(user) } = {}) {
    super();
    this.#storage = storage;
    this.#isBlocked = isBlocked;
    this.#prefix = prefix;
  }

  /** Returns {body, replyTo}. */
  get(room) {
    return this.#parse(this.#storage.getItem(this.#prefix + room));
  }

  /** The ids of the rooms with a draft. */
  get rooms() {
    this.#rooms ??= this.#findRooms();
    return this.#rooms;
  }

  set(room, { body, replyTo = null }) {
    this.#rooms = null;
    const key = this.#prefix + room;
    const text = bodyOf(body) || replyTo ? JSON.stringify({ body, replyTo }) : null;
    this.#own.set(key, text);
    if (text) this.#storage.setItem(key, text);
    else this.#storage.removeItem(key);
    this.dispatchEvent(new CustomEvent("stored", { detail: { room, draft: { body, replyTo } } }));
  }

  /** Replaces the draft, for example with another device's. */
  replace(room, draft) {
    this.set(room, draft);
    this.dispatchEvent(new CustomEvent("change", { detail: { room, draft, isConflict: false } }));
  }

  /** Deletes the draft of a message that was sent, unless another tab has since replaced it. */
  discardSent(room, { body }) {
    if (bodyOf(this.get(room).body) === body) this.set(room, EMPTY);
  }

  /** Turns an unsent message into a draft again, before the text written since. */
  restore(room, message) {
    this.set(room, mergeDrafts(message, this.get(room)));
  }

  /** Updates the quote of this message or, if it was deleted, removes it. */
  updateQuote(message) {
    const { body, replyTo } = this.get(message.room);
    if (replyTo?.id === message.id) this.set(message.room, { body, replyTo: message.deleted_at ? null : quoteOf(message) });
  }

  /** Removes the quote from the draft for a room whose messages the user may no longer read. */
  removeQuote(room) {
    this.set(room, { ...this.get(room), replyTo: null });
  }

  /**
   * Handles the browser's "storage" event, which reports another tab's change. It can arrive late, when the storage already
   * contains newer changes. If the other tab sent its text, only what was typed after that text in this tab is left.
   */
  handleStorageEvent({ key, oldValue, newValue }) {
    if (!key?.startsWith(this.#prefix)) return;
    this.#rooms = null;
    const own = this.#own.get(key); // undefined if this tab has stored nothing since
    if (own === newValue) return;
    const isConflict = own !== undefined && own !== oldValue;
    if (!isConflict) this.#own.delete(key);
    const room = Number(key.slice(this.#prefix.length));
    const rest = isConflict && newValue === null ? textAfter(this.#parse(oldValue).body, this.#parse(own).body) : null;
    if (rest !== null) return this.replace(room, { body: rest, replyTo: null });
    const draft = isConflict ? this.#parse(newValue) : this.get(room);
    this.dispatchEvent(new CustomEvent("change", { detail: { room, draft, isConflict } }));
  }

  #findRooms() {
    const keys = this.#storage.keys.filter((key) => key.startsWith(this.#prefix));
    return new Set(keys.map((key) => Number(key.slice(this.#prefix.length))));
  }

  #parse(text) {
    const { body, replyTo } = { ...EMPTY, ...parse(text) };
    return { body, replyTo: this.#isBlocked(replyTo?.sender) ? null : replyTo };
  }
}

/** Returns the beginning of the keys of a user's drafts. */
export function draftPrefix(user) {
  return `chatsite-draft-${user}-`;
}

/** Returns the beginning of the keys of a user's drafts of replies in threads. */
export function threadDraftPrefix(user) {
  return `chatsite-thread-draft-${user}-`;
}

/** Returns the beginning of the keys of what is known about a user's drafts on the server. */
export function syncedPrefix(user) {
  return `chatsite-synced-draft-${user}-`;
}

/** Joins two drafts. Identical bodies are included once. */
export function mergeDrafts(first, second) {
  const isSame = bodyOf(first.body) === bodyOf(second.body);
  const bodies = (isSame ? [second.body] : [first.body, second.body]).filter(bodyOf);
  return { body: bodies.join("\n\n"), replyTo: first.replyTo ?? second.replyTo };
}

/** Returns what follows the beginning of a text, or null if the text doesn't begin with it. */
function textAfter(beginning, text) {
  return beginning && text.startsWith(beginning) ? text.slice(beginning.length).trimStart() : null;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
