/** Read markers, which are sent immediately at first, then at most every two seconds, and again after an outage. */

const SEND_INTERVAL = 2000;

export class ReadMarker {
  #send;
  #unsent = new Map();
  #sent = new Map();
  #timer = null;

  /** `send(room, seq)` resolves when the server has received the marker. */
  constructor(send) {
    this.#send = send;
  }

  mark(room, seq) {
    if (seq <= Math.max(this.#sent.get(room) ?? 0, this.#unsent.get(room) ?? 0)) return;
    this.#unsent.set(room, seq);
    if (this.#timer === null) this.flush();
  }

  /** Sends all unsent markers now, for example after reconnecting. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#unsent.size) return;
    this.#timer = setTimeout(() => this.flush(), SEND_INTERVAL);
    for (const [room, seq] of this.#unsent) this.#sendMarker(room, seq);
    this.#unsent.clear();
  }

  /** Forgets what was sent, as the server may have been restored to a state before that. */
  reset() {
    this.#sent.clear();
  }

  #sendMarker(room, seq) {
    this.#sent.set(room, seq);
    this.#send(room, seq).catch((error) => {
      this.#sent.delete(room);
      if (error.code === "offline" || error.code === "rate_limited") this.#keep(room, seq);
    });
  }

  #keep(room, seq) {
    this.#unsent.set(room, Math.max(seq, this.#unsent.get(room) ?? 0));
  }
}
