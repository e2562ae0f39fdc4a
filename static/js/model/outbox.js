/** The outbox, which keeps posts until the server has stored them. They are sent in order in each room, always with the same id. */

import { uuid } from "chatsite/format/uuid.js";
import { PersistentQueue } from "chatsite/store/persistent_queue.js";

const RETRIED = new Set(["rate_limited", "slow_mode", "unavailable", "closing", "timeout"]);
const DEFAULT_DELAY = 2; // seconds
const MAX_TIMEOUTS = 3; // of one post, which then no longer holds up the next ones

/**
 * A post is an item with {client_id, thread, body, reply_to, attachments, at, state: "waiting"|"failed", note}. Its `thread` is the one
 * in which it was written, or null. Its `attachments` are complete, as in a stored message, so that they can be shown until it is sent. A post that the server refuses is "failed"
 * until the user retries, edits or discards it.
 * Also dispatches "sent" ({message}, as stored by the server), "failed" ({post}), and "unquoted" ({post}) when a post is sent
 * without its quote, because the quoted message is gone.
 */
export class Outbox extends PersistentQueue {
  #sendingRooms = new Set();
  /** Functions that end the delay in a room, by room. */
  #delays = new Map();
  #running = false;
  #send;
  #isBlocked;

  /**
   * `send(fields)` posts a message and resolves with the stored {message}, or rejects with {code, field, message, retryAfter}.
   * If `isBlocked(person)` is true for the quoted person, a quote is left out without notifying the user.
   */
  constructor({ send, isBlocked = () => false, ...queue }) {
    super({ key: "client_id", ...queue });
    this.#send = send;
    this.#isBlocked = isBlocked;
  }

  async takeOver() {
    const posts = await super.takeOver();
    for (const room of roomsOf(posts)) this.changed(room);
    this.#sendAll();
  }

  /** With the `id` and time (`at`) of a message that waited for its files, which may already have been added. */
  add({ room, thread = null, body, replyTo = null, attachments = [], id = uuid(), at = new Date().toISOString() }) {
    if (this.has(id)) return this.get(id);
    const post = this.insert({ client_id: id, room, thread, body, reply_to: replyTo, attachments, at, state: "waiting", note: "" });
    this.changed(room);
    this.#sendWaiting(room);
    return post;
  }

  /** Sends waiting posts, without any delays from the last connection. The page is connected and has caught up. */
  resume() {
    this.#running = true;
    for (const room of this.#delays.keys()) this.retryNow(room);
    this.#sendAll();
  }

  pause() {
    this.#running = false;
  }

  /** Ends the delay in the room. */
  retryNow(room) {
    this.#delays.get(room)?.();
  }

  /** Sends a failed post again. */
  retry(clientId) {
    const post = this.get(clientId);
    if (!post) return;
    post.timeouts = 0;
    this.#setState(post, "waiting");
    this.#sendWaiting(post.room);
  }

  /** Removes the text of a deleted message from posts that quote it. */
  clearQuotes({ id, room }) {
    for (const post of this.inRoom(room)) {
      if (post.reply_to?.id !== id) continue;
      post.reply_to = { ...post.reply_to, excerpt: "" };
      this.save(post);
      this.changed(room);
    }
  }

  #sendAll() {
    for (const room of roomsOf(this.items)) this.#sendWaiting(room);
  }

  /** Sends one post per room at a time, so that no post overtakes one that has to be sent again. */
  async #sendWaiting(room) {
    if (this.#sendingRooms.has(room)) return;
    this.#sendingRooms.add(room);
    try {
      for (let post = this.#next(room); post; post = this.#next(room)) await this.#deliver(post);
    } finally {
      this.#sendingRooms.delete(room);
    }
  }

  #next(room) {
    return this.#running ? this.inRoom(room).find((post) => post.state === "waiting") : undefined;
  }

  async #deliver(post) {
    await this.saved(post);
    try {
      const { message, outsiders = [] } = await this.#send(fieldsOf(post));
      this.dispatch("sent", { message, outsiders });
      this.remove(post.client_id);
    } catch (error) {
      await this.#handle(error, post);
    }
  }

  async #handle(error, post) {
    if (error.code === "timeout") post.timeouts = (post.timeouts ?? 0) + 1;
    const isHopeless = error.code === "timeout" && post.timeouts >= MAX_TIMEOUTS;
    if (error.code === "offline") this.pause();
    else if (RETRIED.has(error.code) && !isHopeless) {
      this.#setState(post, "waiting", error.message);
      await this.#delay(post.room, error.retryAfter ?? DEFAULT_DELAY);
    } else if (error.code === "not_found" && error.field === "reply_to" && post.reply_to) this.#removeQuote(post);
    else if (this.get(post.client_id)) {
      this.#setState(post, "failed", error.message);
      this.dispatch("failed", { post });
    }
  }

  /** Called only after a refusal, because a post whose confirmation was lost must be sent again unchanged. */
  #removeQuote(post) {
    const isKnown = this.#isBlocked(post.reply_to.sender);
    post.reply_to = null;
    this.#setState(post, "waiting");
    if (!isKnown) this.dispatch("unquoted", { post });
  }

  async #delay(room, seconds) {
    await new Promise((resolve) => {
      this.#delays.set(room, resolve);
      setTimeout(resolve, seconds * 1000);
    });
    this.#delays.delete(room);
  }

  #setState(post, state, note = "") {
    Object.assign(post, { state, note });
    this.save(post);
    this.changed(post.room);
  }
}

function roomsOf(posts) {
  return new Set(posts.map(({ room }) => room));
}

function fieldsOf({ client_id, room, body, reply_to, attachments }) {
  const fields = { client_id, room, body };
  if (reply_to) fields.reply_to = reply_to.id;
  if (attachments?.length) fields.attachments = attachments.map(({ id }) => id);
  return fields;
}
