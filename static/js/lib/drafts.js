/** What was begun in each room: kept in the browser, per person, over a reload. */

export class Drafts {
  #storage;
  #prefix;
  #isHidden;

  /** `isHidden(person)`: is not to be seen, so neither is a quotation of what they said. */
  constructor(storage, user, { isHidden = () => false } = {}) {
    this.#storage = storage;
    this.#isHidden = isHidden;
    this.#prefix = `chatsite-draft-${user}-`;
  }

  /** {body, replyTo} */
  get(room) {
    const { body, replyTo } = this.#read(room) ?? { body: "", replyTo: null };
    return { body, replyTo: this.#isHidden(replyTo?.sender) ? null : replyTo };
  }

  set(room, { body, replyTo = null }) {
    try {
      if (body || replyTo) this.#storage.setItem(this.#prefix + room, JSON.stringify({ body, replyTo }));
      else this.#storage.removeItem(this.#prefix + room);
    } catch {
      // A full or forbidden storage: the draft then lives as long as the page.
    }
  }

  #read(room) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + room));
    } catch {
      return null;
    }
  }
}
