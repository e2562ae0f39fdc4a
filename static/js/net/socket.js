/** The page's one WebSocket: commands with answers, a pulse, and a line that comes back by itself. */

import { backoff, restartDelay, overloadDelay } from "chatsite/net/backoff.js";
import { errorText } from "chatsite/format/error_text.js";

const PING_EVERY = 25_000;
const DEAD_AFTER = 10_000;
const WELCOME_WITHIN = 15_000;
const STEADY_AFTER = 10_000;
const WAKES_EVERY = 1000;

const REASONS = new Map([
  [1012, "restarting"],
  [1013, "full"],
  [4400, "malformed"],
  [4401, "logged_out"],
  [4403, "origin"],
  [4408, "slow"],
  [4429, "flood"],
]);

/** A command's refusal. `code` is the protocol's, or "offline" where the line went before the answer. */
export class CommandError extends Error {
  constructor({ code, field, detail = code, retry_after: retryAfter = null }) {
    super(errorText({ field, detail }));
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const offline = () => new CommandError({ code: "offline", detail: "No connection." });

/**
 * Tells by events: "state" ({state: connecting|live|offline, reason, retryIn}), "event" (one of the server's),
 * "loggedout". `checkSession()` answers whether the session still holds; it is asked when a handshake is refused.
 */
export class Socket extends EventTarget {
  #url;
  #checkSession;
  #WebSocket;
  #random;
  #channel = null;
  #state = "connecting";
  #reason = null;
  #detail = "";
  #attempt = 0;
  #opened = false;
  #liveSince = 0;
  #retryAfter = 0;
  #triedAt = -Infinity;
  #dueAt = Infinity;
  #answers = new Map();
  #lastRef = 0;
  #pulse;
  #dead;
  #retry;

  constructor({ url, checkSession, WebSocket = globalThis.WebSocket, random = Math.random }) {
    super();
    this.#url = url;
    this.#checkSession = checkSession;
    this.#WebSocket = WebSocket;
    this.#random = random;
  }

  get state() {
    return this.#state;
  }

  get reason() {
    return this.#reason;
  }

  /** What the server said to it, as a sentence, or "". */
  get detail() {
    return this.#detail;
  }

  connect() {
    clearTimeout(this.#retry);
    this.#dueAt = Infinity;
    if (this.#channel) return;
    this.#opened = false;
    this.#triedAt = Date.now();
    const channel = new this.#WebSocket(this.#url);
    this.#channel = channel;
    channel.onopen = () => {
      this.#opened = true;
    };
    channel.onmessage = ({ data }) => this.#receive(data);
    channel.onclose = ({ code, reason }) => this.#lost(code, reason);
    this.#expectLife(WELCOME_WITHIN);
  }

  /** For good: the person signs out. */
  close() {
    clearTimeout(this.#retry);
    this.#release();
    clearInterval(this.#pulse);
    clearTimeout(this.#dead);
  }

  /** Sends a command; resolves with the `ok`, rejects with a CommandError. */
  send(type, fields = {}) {
    if (this.#state !== "live") return Promise.reject(offline());
    const ref = String(++this.#lastRef);
    return new Promise((resolve, reject) => {
      this.#answers.set(ref, { resolve, reject });
      this.#channel.send(JSON.stringify({ type, ref, ...fields }));
    });
  }

  /** Sends what has no answer, and drops it when there is no line. */
  sendAndForget(type, fields = {}) {
    if (this.#state === "live") this.#channel.send(JSON.stringify({ type, ref: String(++this.#lastRef), ...fields }));
  }

  /**
   * Something suggests that the line may be there again: do not wait out the pause, and begin anew with the shortest.
   * Somebody who writes much without a line is no reason to knock more often than every second.
   */
  wake() {
    if (this.#state === "live") this.ping();
    else if (!this.#channel && this.#reason !== "origin") {
      const pause = Math.min(this.#dueAt, this.#triedAt + WAKES_EVERY) - Date.now();
      this.#attempt = 0;
      this.#tryIn(Math.min(Math.max(0, pause), WAKES_EVERY)); // the clock may have been set back
    }
  }

  /** Is anybody there? Without an answer in time the line counts as dead. */
  ping(within = DEAD_AFTER) {
    if (this.#state !== "live") return;
    this.send("ping").catch(() => {});
    this.#expectLife(within);
  }

  #receive(data) {
    clearTimeout(this.#dead);
    this.#dead = null;
    for (const event of JSON.parse(data)) {
      if (event.type === "ok" || event.type === "error") this.#answer(event);
      else this.#hear(event);
    }
  }

  #answer(event) {
    const waiting = this.#answers.get(event.ref);
    this.#answers.delete(event.ref);
    if (event.type === "ok") waiting?.resolve(event);
    else waiting?.reject(new CommandError(event));
  }

  #hear(event) {
    if (event.type === "welcome") this.#welcomed();
    if (event.type === "server.closing") this.#retryAfter = event.retry_after ?? 0;
    this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  #welcomed() {
    this.#liveSince = Date.now();
    clearInterval(this.#pulse);
    this.#pulse = setInterval(() => this.ping(), PING_EVERY);
    this.#become("live");
  }

  #expectLife(within) {
    clearTimeout(this.#dead);
    this.#dead = setTimeout(() => this.#drop(), within);
  }

  /** A dead line may take minutes to close by itself: let go of it now. */
  #drop() {
    if (this.#release()) this.#lost(1006);
  }

  #release() {
    const channel = this.#channel;
    if (!channel) return false;
    channel.onopen = channel.onmessage = channel.onclose = null;
    channel.close();
    return true;
  }

  #lost(code, detail = "") {
    this.#detail = detail;
    clearInterval(this.#pulse);
    clearTimeout(this.#dead);
    this.#channel = null;
    if (this.#state === "live" && Date.now() - this.#liveSince > STEADY_AFTER) this.#attempt = 0;
    for (const { reject } of this.#answers.values()) reject(offline());
    this.#answers.clear();
    const reason = REASONS.get(code) ?? "lost";
    const doubtful = reason === "logged_out" || !this.#opened;
    this.#plan(reason);
    if (doubtful) this.#askSession();
  }

  #plan(reason) {
    const retryIn = this.#pause(reason);
    this.#retryAfter = 0;
    if (retryIn !== null) this.#tryIn(retryIn);
    // Until it is up again, a server that said it restarts is still restarting.
    const known = reason === "lost" && this.#state === "offline" ? this.#reason : reason;
    this.#become("offline", known, retryIn);
  }

  #tryIn(pause) {
    clearTimeout(this.#retry);
    this.#dueAt = Date.now() + pause;
    if (pause) this.#retry = setTimeout(() => this.connect(), pause);
    else this.connect();
  }

  #pause(reason) {
    if (reason === "origin") return null;
    if (reason === "logged_out") return null; // not before the session was asked after
    if (reason === "restarting") return restartDelay(this.#retryAfter, this.#random);
    if (reason === "full" || reason === "flood" || reason === "malformed") return overloadDelay(this.#random);
    return backoff(this.#attempt++, this.#random);
  }

  async #askSession() {
    const holds = await this.#checkSession();
    if (!holds) {
      clearTimeout(this.#retry);
      this.dispatchEvent(new CustomEvent("loggedout"));
    } else if (this.#reason === "logged_out") {
      this.#tryIn(backoff(this.#attempt++, this.#random));
    }
  }

  #become(state, reason = null, retryIn = null) {
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, reason, retryIn } }));
  }
}

/** Lets the browser's own signs shorten the wait: the network is back, the tab is looked at again. */
export function bindBrowserEvents(socket, window, document) {
  window.addEventListener("online", () => socket.wake());
  // Browsers say "offline" for lost Wi-Fi even where the server is this very machine: ask, with little overloadDelay.
  window.addEventListener("offline", () => socket.ping(2000));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") socket.wake();
  });
}
