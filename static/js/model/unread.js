/** Tells the server how far one has read: at once, then at most every two seconds, and never lost to an outage. */

const EVERY = 2000;

export class ReadMarker {
  #send;
  #owed = new Map();
  #sent = new Map();
  #timer = null;

  /** `send(room, seq)` resolves when the server has it. */
  constructor(send) {
    this.#send = send;
  }

  mark(room, seq) {
    if (seq <= Math.max(this.#sent.get(room) ?? 0, this.#owed.get(room) ?? 0)) return;
    this.#owed.set(room, seq);
    if (this.#timer === null) this.flush();
  }

  /** Sends what is owed now: also after a reconnect. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#owed.size) return;
    this.#timer = setTimeout(() => this.flush(), EVERY);
    for (const [room, seq] of this.#owed) this.#pay(room, seq);
    this.#owed.clear();
  }

  #pay(room, seq) {
    this.#sent.set(room, seq);
    this.#send(room, seq).catch((error) => {
      this.#sent.delete(room);
      if (error.code === "offline" || error.code === "rate_limited") this.#owe(room, seq);
    });
  }

  #owe(room, seq) {
    this.#owed.set(room, Math.max(seq, this.#owed.get(room) ?? 0));
  }
}

export function titleWithCount(unread, title) {
  return unread ? `(${unread > 99 ? "99+" : unread}) ${title}` : title;
}
