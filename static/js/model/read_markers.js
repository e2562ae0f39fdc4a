/** Read markers, which are sent immediately at first, then at most every two seconds, and again after an outage. */

const SEND_INTERVAL = 2000;

export class ReadMarker {
  #send;
  /** By room: {seq, known}, where `known` is what the page knew when the first of these messages was read (see `#known`). */
  #unsent = new Map();
  #sent = new Map();
  /** By room: {seq, markedAt}: the marker's position on the server, and when messages were last marked as unread (null: never). */
  #known = new Map();
  #timer = null;

  /** `send(room, seq, {seq: known, markedAt})` resolves when the server has received the marker. */
  constructor(send) {
    this.#send = send;
  }

  mark(room, seq) {
    if (seq <= Math.max(this.#sent.get(room) ?? 0, this.#unsent.get(room)?.seq ?? 0)) return;
    this.#keep(room, seq, { ...this.#known.get(room) });
    if (this.#timer === null) this.flush();
  }

  /**
   * Takes note of the marker's position on the server, and of when messages were last marked as unread, if that is given. Returns
   * whether the marker was moved back, which discards unsent markers.
   */
  learn(room, seq, markedAt = this.#known.get(room)?.markedAt) {
    const known = this.#known.get(room);
    const isBack = Boolean(known) && (seq < known.seq || markedAt !== known.markedAt);
    this.#known.set(room, { seq, markedAt });
    if (isBack) for (const markers of [this.#sent, this.#unsent]) markers.delete(room);
    return isBack;
  }

  /** Sends all unsent markers now, for example after reconnecting. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#unsent.size) return;
    this.#timer = setTimeout(() => this.flush(), SEND_INTERVAL);
    for (const [room, { seq, known }] of this.#unsent) this.#sendMarker(room, seq, known);
    this.#unsent.clear();
  }

  /** Forgets what was sent, as the server may have been restored to a state before that. */
  reset() {
    this.#sent.clear();
  }

  async #sendMarker(room, seq, known) {
    this.#sent.set(room, seq);
    try {
      await this.#send(room, seq, known);
      const { seq: position = 0, markedAt } = this.#known.get(room) ?? {};
      if (this.#sent.get(room) >= seq) this.#known.set(room, { seq: Math.max(seq, position), markedAt });
    } catch (error) {
      this.#sent.delete(room);
      const isMarkedSince = known.markedAt !== this.#known.get(room)?.markedAt;
      if ((error.code === "offline" || error.code === "rate_limited") && !isMarkedSince) this.#keep(room, seq, known);
    }
  }

  #keep(room, seq, known) {
    const unsent = this.#unsent.get(room);
    const position = Math.min(known.seq ?? 0, unsent?.known.seq ?? Infinity);
    this.#unsent.set(room, { seq: Math.max(seq, unsent?.seq ?? 0), known: { ...known, seq: position } });
  }
}
