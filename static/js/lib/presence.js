/** Who is here now. */

export class Presence {
  #here;

  constructor(ids = []) {
    this.#here = new Set(ids);
  }

  replace(ids) {
    this.#here = new Set(ids);
  }

  change({ online = [], offline = [] }) {
    for (const id of online) this.#here.add(id);
    for (const id of offline) this.#here.delete(id);
  }

  has(id) {
    return this.#here.has(id);
  }

  get count() {
    return this.#here.size;
  }
}
