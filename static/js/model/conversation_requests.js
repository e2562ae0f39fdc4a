/** Requests conversations and their pages, also ahead of when they are needed. */

import { getJson } from "chatsite/net/http.js";

const PREFETCH_LIFETIME = 2000; // in milliseconds; live events bring what is posted in the meantime

export class ConversationRequests {
  #prepare;
  #getJson;
  #delay;
  #prefetched = new Map();

  /** `prepare(messages)` resolves when the code that draws them is loaded, `delay(milliseconds)` after that time. */
  constructor({ prepare, fetch = getJson, delay }) {
    this.#prepare = prepare;
    this.#getJson = fetch;
    this.#delay = delay;
  }

  /**
   * Requests a room at message number `around`, at the newest one if `latest`, or at the first unread one. A prefetched response is
   * used once.
   */
  conversation(room, { around = null, latest = false } = {}) {
    const path = pathOf(room, { around, latest });
    const request = this.#prefetched.get(path);
    this.#prefetched.delete(path);
    return request ?? this.#fetch(path);
  }

  /** Requests a page of history, given a query such as "before=7". */
  page(room, query) {
    return this.#fetch(`/rooms/${room}/messages/?${query}`);
  }

  /** Requests a room that will probably be opened in a moment, one at a time. */
  prefetch(room) {
    if (this.#prefetched.size) return;
    const path = pathOf(room, {});
    const request = this.#fetch(path);
    this.#prefetched.set(path, request);
    request.catch(() => {}).then(() => this.#delay(PREFETCH_LIFETIME)).then(() => this.#prefetched.delete(path));
  }

  /** Forgets prefetched responses, which may be out of date. */
  forget() {
    this.#prefetched.clear();
  }

  async #fetch(path) {
    const response = await this.#getJson(path);
    await this.#prepare(response.messages);
    return response;
  }
}

function pathOf(room, { around = null, latest = false }) {
  const query = around ? `?around=${around}` : latest ? "?latest" : "";
  return `/rooms/${room}/conversation/${query}`;
}
