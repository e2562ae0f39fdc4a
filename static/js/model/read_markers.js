/** Read markers, which are sent immediately at first, then at most every two seconds, and again after an outage. */

const SEND_INTERVAL = 2000;

export class ReadMarker {
  #send;
  /** By room: {seq, known}, where `known` is the marker's position on the server when the first of these messages was read. */
  #unsent = new Map();
  #sent = new Map();
  /** By room: the marker's position on the server, as far as this page knows. */
  #known = new Map();
  #timer = null;

  /** `send(room, seq, known)` resolves when the server has received the marker. */
  constructor(send) {
    this.#send = send;
  }

  mark(room, seq) {
    if (seq <= Math.max(this.#sent.get(room) ?? 0, this.#unsent.get(room)?.seq ?? 0)) return;
    this.#keep(room, { seq, known: this.#known.get(room) });
    if (this.#timer === null) this.flush();
  }

  /** Takes note of the marker's position on the server. Returns whether it was moved back, which discards unsent markers. */
  learn(room, seq) {
    const isBack = seq < (this.#known.get(room) ?? 0);
    this.#known.set(room, seq);
    if (isBack) for (const markers of [this.#sent, this.#unsent]) markers.delete(room);
    return isBack;
  }

  /** Sends all unsent markers now, for example after reconnecting. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#unsent.size) return;
    this.#timer = setTimeout(() => this.flush(), SEND_INTERVAL);
    for (const [room, marker] of this.#unsent) this.#sendMarker(room, marker);
    this.#unsent.clear();
  }

  /** Forgets what was sent, as the server may have been restored to a state before that. */
  reset() {
    this.#sent.clear();
  }

  async #sendMarker(room, { seq, known }) {
    this.#sent.set(room, seq);
    try {
      await this.#send(room, seq, known);
      if (this.#sent.get(room) >= seq) this.#known.set(room, Math.max(seq, this.#known.get(room) ?? 0));
    } catch (error) {
      this.#sent.delete(room);
      if (error.code === "offline" || error.code === "rate_limited") this.#keep(room, { seq, known });
    }
  }

  #keep(room, { seq, known }) {
    const unsent = this.#unsent.get(room);
    this.#unsent.set(room, unsent ? { seq: Math.max(seq, unsent.seq), known: Math.min(known ?? 0, unsent.known ?? 0) } : { seq, known });
  }
}
