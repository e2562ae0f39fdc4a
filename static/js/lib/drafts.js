/** What was begun in each room: kept in the browser, per person, over a reload. */

export class Drafts {
  #storage;
  #prefix;

  constructor(storage, user) {
    this.#storage = storage;
    this.#prefix = `chatsite-draft-${user}-`;
  }

  /** {body, replyTo} */
  get(room) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + room)) ?? { body: "", replyTo: null };
    } catch {
      return { body: "", replyTo: null };
    }
  }

  set(room, { body, replyTo = null }) {
    try {
      if (body || replyTo) this.#storage.setItem(this.#prefix + room, JSON.stringify({ body, replyTo }));
      else this.#storage.removeItem(this.#prefix + room);
    } catch {
      // A full or forbidden storage: the draft then lives as long as the page.
    }
  }
}
