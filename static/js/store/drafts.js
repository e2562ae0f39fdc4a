/** What was begun in each room: kept in the browser, per person, over a reload. */

export class Drafts {
  #storage;
  #prefix;
  #isBlocked;

  /** `isBlocked(person)`: is not to be seen, so neither is a quotation of what they said. */
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

  /** It is sent. What stands there may be something else by now, of another tab: that stays. */
  discardSent(room, { body }) {
    if (this.get(room).body === body) this.set(room, { body: "" });
  }

  /** What was to be sent is to be written on, before what was begun since. */
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

/** Two drafts as one, also where both are the same. */
export function mergeDrafts(first, second) {
  const bodies = new Set([first.body, second.body].filter(Boolean));
  return { body: [...bodies].join("\n\n"), replyTo: first.replyTo ?? second.replyTo };
}
