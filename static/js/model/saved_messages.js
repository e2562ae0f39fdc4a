/** Knows which of the loaded messages the user saved for later. Emits "change". */
export class SavedMessages extends EventTarget {
  #ids = new Set();

  has(id) {
    return this.#ids.has(id);
  }

  /** Learns which of these messages are saved: `messages` come from the server's response, and `saved` are ids. */
  learn(messages, saved) {
    const known = new Set(saved);
    for (const { id } of messages) {
      if (known.has(id)) this.#ids.add(id);
      else this.#ids.delete(id);
    }
    this.#changed();
  }

  set(id, isSaved) {
    if (isSaved === this.has(id)) return;
    if (isSaved) this.#ids.add(id);
    else this.#ids.delete(id);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
