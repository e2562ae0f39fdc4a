/** The page's only connection, with commands and replies, pings and reconnection: a WebSocket, or one over plain HTTP. */

import { overloadDelay, reconnectDelay, restartDelay } from "chatsite/net/backoff.js";
import { errorText } from "chatsite/format/error_text.js";
import { toWellFormed } from "chatsite/format/well_formed.js";
import { gettext } from "chatsite/i18n.js";

const PING_INTERVAL = 25_000;
const PING_TIMEOUT = 10_000;
const WELCOME_TIMEOUT = 15_000;
const REPLY_TIMEOUT = 60_000; // the server may be busy, but a command must not wait forever
const STABLE_AFTER = 10_000;
const MIN_ATTEMPT_INTERVAL = 1000;
// Refused handshakes in a row while the site responds. A restart also takes some seconds.
const FALLBACK_AFTER = 2;
const BLOCKED_AFTER = 5;
const CLOSING = 2; // `WebSocket.CLOSING`

const REASONS = new Map([
  [1012, "restarting"],
  [1013, "full"],
  [4400, "malformed"],
  [4401, "logged_out"],
  [4403, "origin"],
  [4408, "slow"],
  [4429, "flood"],
]);

/**
 * A command's error. `code` is the protocol's, "offline" if the connection was lost before the reply, or "timeout" if the
 * server didn't reply. `field` is the name of the invalid field, if any.
 */
export class CommandError extends Error {
  constructor({ code, field, detail = code, retry_after: retryAfter = null }) {
    super(errorText({ field, detail }));
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }
}

const offline = () => new CommandError({ code: "offline", detail: gettext("No connection.") });
const unanswered = () => new CommandError({ code: "timeout", detail: gettext("The server didn’t respond.") });
const tooLong = () => new CommandError({ code: "too_long", detail: gettext("The message is too long.") });

/** Dispatches "state" ({state: connecting|live|offline, reason, retryIn}), "event" (an event from the server) and "loggedout". */
export class Socket extends EventTarget {
  #url;
  #checkSession;
  #WebSocket;
  #fallback;
  #usesFallback = false;
  #random;
  #maxFrame;
  #socket = null;
  #state = "connecting";
  #reason = null;
  #detail = "";
  #attempts = 0;
  #wasOpen = false;
  #refusals = 0;
  #liveSince = 0;
  #retryAfter = 0;
  #lastAttemptAt = -Infinity;
  #nextAttemptAt = Infinity;
  #pending = new Map();
  #lastRef = 0;
  #pingTimer;
  #watchdog;
  #reconnectTimer;

  /**
   * `checkSession()` resolves with whether the session is still valid, or with null if the site doesn't respond. It is called
   * when a handshake is refused. For frames of more than `maxFrame` bytes, the server closes the connection instead of replying.
   * `fallback()` returns a connection with the interface of a WebSocket, for networks that block those.
   */
  constructor({ url, checkSession, fallback, WebSocket = globalThis.WebSocket, random = Math.random, maxFrame = 64 * 1024 }) {
    super();
    this.#url = url;
    this.#checkSession = checkSession;
    this.#WebSocket = WebSocket;
    this.#fallback = fallback;
    this.#random = random;
    this.#maxFrame = maxFrame;
  }

  get state() {
    return this.#state;
  }

  get reason() {
    return this.#reason;
  }

  /** The server's explanation of the reason, which is a sentence or "". */
  get detail() {
    return this.#detail;
  }

  /** The time of the next attempt to connect, in milliseconds, or Infinity. */
  get nextAttemptAt() {
    return this.#nextAttemptAt;
  }

  connect() {
    clearTimeout(this.#reconnectTimer);
    this.#nextAttemptAt = Infinity;
    if (this.#socket) return;
    this.#wasOpen = false;
    this.#lastAttemptAt = Date.now();
    const socket = this.#usesFallback ? this.#fallback() : new this.#WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wasOpen = true;
      this.#refusals = 0;
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#startWatchdog(WELCOME_TIMEOUT);
  }

  /** Closes the connection permanently, when the user logs out. */
  close() {
    clearTimeout(this.#reconnectTimer);
    this.#detach();
    clearInterval(this.#pingTimer);
    clearTimeout(this.#watchdog);
    this.#state = "offline";
  }

  /** Sends a command. Resolves with the `ok` event, or rejects with a CommandError. */
  send(type, fields = {}) {
    if (this.#state !== "live") return Promise.reject(offline());
    const ref = String(++this.#lastRef);
    const frame = encode({ type, ref, ...fields });
    if (new TextEncoder().encode(frame).length > this.#maxFrame) return Promise.reject(tooLong());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(ref)?.reject(unanswered()), REPLY_TIMEOUT);
      this.#pending.set(ref, { resolve, reject, timer });
      this.#write(frame);
    });
  }

  /** Sends a command without waiting for a reply. Drops it if there is no connection. */
  sendAndForget(type, fields = {}) {
    if (this.#state === "live") this.#write(encode({ type, ref: String(++this.#lastRef), ...fields }));
  }

  /**
   * Reconnects now, and with the shortest delays from now on, as the network seems to be back. Frequent posting while offline
   * must not make the page try more than once per second.
   */
  wake() {
    if (this.#state === "live") this.ping();
    else if (!this.#socket && this.#reason !== "origin") {
      const delay = Math.min(this.#nextAttemptAt, this.#lastAttemptAt + MIN_ATTEMPT_INTERVAL) - Date.now();
      this.#attempts = 0;
      this.#reconnectIn(Math.min(Math.max(0, delay), MIN_ATTEMPT_INTERVAL)); // the clock may have been set back
    }
  }

  /** Pings the server. Without a frame in time, the connection is considered lost. */
  ping(timeout = PING_TIMEOUT) {
    if (this.#state !== "live") return;
    this.send("ping").catch(() => {});
    this.#startWatchdog(timeout);
  }

  /** Drops the frame if the connection is closing: a WebSocket would drop it, too, but log an error. `onclose` follows. */
  #write(frame) {
    const isClosing = this.#socket.readyState >= CLOSING; // the fallback has no such state
    if (!isClosing) this.#socket.send(frame);
  }

  #receive(data) {
    clearTimeout(this.#watchdog);
    this.#watchdog = null;
    for (const event of JSON.parse(data)) {
      if (event.type === "ok" || event.type === "error") this.#receiveReply(event);
      else this.#receiveEvent(event);
    }
  }

  #receiveReply(event) {
    const command = this.#settle(event.ref);
    if (event.type === "ok") command?.resolve(event);
    else command?.reject(new CommandError(event));
  }

  /** Removes and returns the command that waits for the reply with this `ref`, if any. */
  #settle(ref) {
    const command = this.#pending.get(ref);
    clearTimeout(command?.timer);
    this.#pending.delete(ref);
    return command;
  }

  #receiveEvent(event) {
    if (event.type === "welcome") this.#welcomed();
    if (event.type === "server.closing") this.#retryAfter = event.retry_after ?? 0;
    this.dispatchEvent(new CustomEvent("event", { detail: event }));
  }

  #welcomed() {
    this.#liveSince = Date.now();
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => this.ping(), PING_INTERVAL);
    this.#setState("live");
  }

  /** Drops the connection after `timeout` without a frame, because a dead connection may take minutes to close by itself. */
  #startWatchdog(timeout) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#detach() && this.#closed(1006), timeout);
  }

  #detach() {
    const socket = this.#socket;
    if (!socket) return false;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    return true;
  }

  #closed(code, detail = "") {
    this.#detail = detail;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#watchdog);
    this.#socket = null;
    if (this.#state === "live" && Date.now() - this.#liveSince > STABLE_AFTER) this.#attempts = 0;
    for (const ref of [...this.#pending.keys()]) this.#settle(ref).reject(offline());
    const reason = REASONS.get(code) ?? "lost";
    const isSessionDoubtful = reason === "logged_out" || !this.#wasOpen;
    this.#planReconnect(reason);
    if (isSessionDoubtful) this.#verifySession({ wasRefused: !this.#wasOpen });
  }

  #planReconnect(reason) {
    const retryIn = this.#delayAfter(reason);
    this.#retryAfter = 0;
    if (retryIn !== null) this.#reconnectIn(retryIn);
    // An announced restart and a blocking proxy are shown until the connection is back.
    const shown = reason === "lost" && this.#state === "offline" ? this.#reason : reason;
    this.#setState("offline", shown, retryIn);
  }

  #reconnectIn(delay) {
    clearTimeout(this.#reconnectTimer);
    this.#nextAttemptAt = Date.now() + delay;
    if (delay) this.#reconnectTimer = setTimeout(() => this.connect(), delay);
    else this.connect();
  }

  #delayAfter(reason) {
    if (reason === "origin") return null;
    if (reason === "logged_out") return null; // no attempt until the session has been checked
    if (reason === "restarting") return restartDelay(this.#retryAfter, this.#random);
    if (reason === "full" || reason === "flood" || reason === "malformed") return overloadDelay(this.#random);
    return reconnectDelay(this.#attempts++, this.#random);
  }

  async #verifySession({ wasRefused }) {
    const isValid = await this.#checkSession();
    if (isValid === false) {
      clearTimeout(this.#reconnectTimer);
      this.dispatchEvent(new CustomEvent("loggedout"));
    } else if (this.#reason === "logged_out") {
      this.#reconnectIn(reconnectDelay(this.#attempts++, this.#random));
    } else if (wasRefused) this.#noteRefusal({ isSiteUp: isValid });
  }

  /**
   * If the site responds but refuses one handshake after another, something in between blocks WebSockets. From then on, every other
   * attempt is one over plain HTTP. Once one succeeds, so do the next ones until one is refused.
   */
  #noteRefusal({ isSiteUp }) {
    this.#refusals = isSiteUp ? this.#refusals + 1 : 0;
    this.#usesFallback = Boolean(this.#fallback) && !this.#usesFallback && this.#refusals >= FALLBACK_AFTER;
    if (this.#state !== "offline") return;
    const isBlocked = this.#refusals >= BLOCKED_AFTER;
    if (isBlocked && this.#reason === "lost") this.#setState("offline", "blocked");
    if (!isBlocked && this.#reason === "blocked") this.#setState("offline", "lost");
  }

  #setState(state, reason = null, retryIn = null) {
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, reason, retryIn } }));
  }
}

/** The server can't read, and thus can't reply to, a frame with a string that isn't well-formed. */
function encode(command) {
  return JSON.stringify(command, (_name, value) => (typeof value === "string" ? toWellFormed(value) : value));
}

/** Reconnects early when the browser reports that the network is back or the tab is visible again. */
export function bindBrowserEvents(socket, window, document) {
  window.addEventListener("online", () => socket.wake());
  // Browsers report "offline" when Wi-Fi is lost, even if the server is on this machine, so ping it with a short timeout.
  window.addEventListener("offline", () => socket.ping(2000));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") socket.wake();
  });
}
