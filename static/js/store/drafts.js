/** Drafts: the unfinished message for each room and user, in the browser's storage. */

export class Drafts {
  #storage;
  #prefix;
  #isBlocked;

  /** Quotes of users for whom `isBlocked(person)` is true are hidden. */
  constructor(storage, user, { isBlocked = () => false } = {}) {
    this.#storage = storage;
    this.#isBlocked = isBlocked;
    this.#prefix = `chatsite-draft-${user}-`;
  }

  /** Returns {body, replyTo}. */
  get(room) {
    const { body, replyTo } = this.#read(room) ?? { body: "", replyTo: null };
    return { body, replyTo: this.#isBlocked(replyTo?.sender) ? null : replyTo };
  }

  set(room, { body, replyTo = null }) {
    try {
      if (body || replyTo) this.#storage.setItem(this.#prefix + room, JSON.stringify({ body, replyTo }));
      else this.#storage.removeItem(this.#prefix + room);
    } catch {
      // The storage is full or not allowed, so the draft only lasts as long as the page.
    }
  }

  /** Deletes the draft of a message that was sent, unless another tab has since replaced it. */
  discardSent(room, { body }) {
    if (this.get(room).body === body) this.set(room, { body: "" });
  }

  /** Turns an unsent message into a draft again, before the text written since. */
  restore(room, message) {
    this.set(room, mergeDrafts(message, this.get(room)));
  }

  #read(room) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + room));
    } catch {
      return null;
    }
  }
}

/** Joins two drafts. Identical bodies are included once. */
export function mergeDrafts(first, second) {
  const bodies = new Set([first.body, second.body].filter(Boolean));
  return { body: [...bodies].join("\n\n"), replyTo: first.replyTo ?? second.replyTo };
}
