/**
 * A connection with the interface of a WebSocket, over plain HTTP: frames from the server arrive as server-sent events, and those
 * to the server are posted one after the other.
 */

const LOST = 1006;
const TIMEOUT = 30_000;

export class EventStream {
  onopen = null;
  onmessage = null;
  onclose = null;
  #url;
  #fetch;
  #source;
  #connection = "";
  #sent = Promise.resolve();
  #isClosed = false;

  constructor(url, { EventSource = globalThis.EventSource, fetch = globalThis.fetch.bind(globalThis) } = {}) {
    this.#url = url;
    this.#fetch = fetch;
    this.#source = new EventSource(url);
    this.#source.addEventListener("connected", ({ data }) => this.#opened(JSON.parse(data).connection));
    this.#source.addEventListener("message", ({ data }) => this.onmessage?.({ data }));
    this.#source.addEventListener("close", ({ data }) => this.#ended(JSON.parse(data)));
    this.#source.addEventListener("error", () => this.#ended()); // it would reconnect by itself, at once
  }

  send(frame) {
    this.#sent = this.#sent.then(() => this.#post(frame));
  }

  close() {
    this.#isClosed = true;
    this.#source.close();
  }

  #opened(connection) {
    this.#connection = connection;
    this.onopen?.();
  }

  async #post(frame) {
    if (this.#isClosed) return;
    const headers = { "Content-Type": "application/json" };
    const options = { method: "POST", headers, body: frame, signal: AbortSignal.timeout(TIMEOUT) };
    const response = await this.#fetch(`${this.#url}/${this.#connection}`, options).catch(() => null);
    if (!response?.ok) this.#ended();
  }

  #ended({ code = LOST, reason = "" } = {}) {
    if (this.#isClosed) return;
    this.close();
    this.onclose?.({ code, reason });
  }
}
