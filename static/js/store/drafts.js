/** Drafts: the unfinished message of each room, per person, in the browser's storage. */

export class Drafts {
  #storage;
  #prefix;
  #isBlocked;

  /** `isBlocked(person)` also hides the quotations of what that person wrote. */
  constructor(storage, user, { isBlocked = () => false } = {}) {
    this.#storage = storage;
    this.#isBlocked = isBlocked;
    this.#prefix = `chatsite-draft-${user}-`;
  }

  /** {body, replyTo} */
  get(room) {
    const { body, replyTo } = this.#read(room) ?? { body: "", replyTo: null };
    return { body, replyTo: this.#isBlocked(replyTo?.sender) ? null : replyTo };
  }

  set(room, { body, replyTo = null }) {
    try {
      if (body || replyTo) this.#storage.setItem(this.#prefix + room, JSON.stringify({ body, replyTo }));
      else this.#storage.removeItem(this.#prefix + room);
    } catch {
      // A full or forbidden storage: the draft then lives as long as the page.
    }
  }

  /** Deletes the draft of a message that was sent, unless another tab has replaced it since. */
  discardSent(room, { body }) {
    if (this.get(room).body === body) this.set(room, { body: "" });
  }

  /** Makes a message that was not sent a draft again, before the one written since. */
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

/** Joins two drafts; equal bodies are kept once. */
export function mergeDrafts(first, second) {
  const bodies = new Set([first.body, second.body].filter(Boolean));
  return { body: [...bodies].join("\n\n"), replyTo: first.replyTo ?? second.replyTo };
}
