/** Knows how many replies the loaded messages have. Emits "change". */
export class Threads extends EventTarget {
  /** By the id of their first message: {message, replies, last_seq, last_at}. */
  #threads = new Map();

  get(id) {
    return this.#threads.get(id);
  }

  /** Returns the id of the thread that a message belongs to, or null if it has no replies and isn't one. */
  idOf({ id, thread }) {
    return thread ?? (this.#threads.has(id) ? id : null);
  }

  /** Learns the threads of these messages from the server's response, in which those without replies are missing. */
  learn(messages, threads) {
    for (const { id } of messages) this.#threads.delete(id);
    for (const each of threads) this.#threads.set(each.message, each);
    this.#changed();
  }

  /** Counts a reply, unless it was posted before the last one that is known. */
  addReply({ thread: id, seq, at }) {
    const known = this.#threads.get(id);
    if (!id || seq <= known?.last_seq) return;
    this.#threads.set(id, { ...known, message: id, replies: (known?.replies ?? 0) + 1, last_seq: seq, last_at: at });
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
