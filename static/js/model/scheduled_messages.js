/** Knows the user's messages that will be sent later. Emits "change". */
export class ScheduledMessages extends EventTarget {
  #all = new Map(); // by client_id

  get count() {
    return this.#all.size;
  }

  get refused() {
    return [...this.#all.values()].filter(({ is_refused: isRefused }) => isRefused).length;
  }

  isRefused(clientId) {
    return this.#all.get(clientId)?.is_refused ?? false;
  }

  /** Returns the number of messages that wait to be sent to a room. */
  inRoom(id) {
    return [...this.#all.values()].filter(({ room }) => room === id).length;
  }

  /** Replaces all by those of the server. */
  replace(scheduled) {
    this.#all = new Map(scheduled.map((each) => [each.client_id, each]));
    this.#changed();
  }

  set(scheduled) {
    this.#all.set(scheduled.client_id, scheduled);
    this.#changed();
  }

  /** Forgets a message that was sent or deleted. */
  remove(clientId) {
    if (this.#all.delete(clientId)) this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
