/** Posts on their way: kept until the server has them, sent in order room by room, each named once and for ever. */

import { uuid } from "chatsite/format/uuid.js";

const WAIT = new Set(["rate_limited", "slow_mode", "unavailable", "closing"]);
const DEFAULT_WAIT = 2;

/**
 * A post: {client_id, user, tab, room, body, reply_to, attachments, at, order, touched, state: "waiting"|"failed", note}; its
 * `attachments` are whole, as in a stored message, to be shown meanwhile.
 * Tells by events: "change" ({room}) and "sent" ({message}: as the server stored it).
 */
export class Outbox extends EventTarget {
  #posts = new Map();
  /** What was settled here: a claim that read the store a moment before must not bring it back. */
  #gone = new Set();
  #lanes = new Set();
  /** What ends the waiting in a room, by room. */
  #naps = new Map();
  #running = false;
  #store;
  #send;
  #user;
  #tab;
  #openTabs;
  #isBlocked;
  #lastOrder = 0;

  /**
   * `send(fields)` posts one message and resolves with {message} as stored, or rejects with {code, message, retryAfter}.
   * `isBlocked(person)`: is blocked, so what they said cannot be quoted.
   */
  constructor({ store, send, user, tab, openTabs = async () => null, isBlocked = () => false }) {
    super();
    this.#store = store;
    this.#send = send;
    this.#user = user;
    this.#tab = tab;
    this.#openTabs = openTabs;
    this.#isBlocked = isBlocked;
  }

  /** Brings in what an earlier page, or a tab that is gone, left unsent. */
  async takeOver() {
    const openTabs = await this.#openTabs();
    const posts = await this.#store.takeOver({ user: this.#user, tab: this.#tab, openTabs, now: Date.now() });
    const isNew = ({ client_id: id }) => !this.#posts.has(id) && !this.#gone.has(id);
    const unknown = posts.filter(isNew).sort((a, b) => a.order - b.order);
    for (const post of unknown) this.#posts.set(post.client_id, { ...post, saved: Promise.resolve() });
    for (const room of new Set(unknown.map((post) => post.room))) this.#changed(room);
    this.#pumpAll();
  }

  get isEmpty() {
    return !this.#posts.size;
  }

  inRoom(room) {
    return [...this.#posts.values()].filter((post) => post.room === room);
  }

  add({ room, body, replyTo = null, attachments = [] }) {
    // Strictly rising, also for two posts within one millisecond: the order after a reload hangs on it.
    this.#lastOrder = Math.max(Date.now(), this.#lastOrder + 0.001);
    const post = { client_id: uuid(), user: this.#user, tab: this.#tab, room, body, reply_to: replyTo, attachments };
    Object.assign(post, { at: new Date().toISOString(), order: this.#lastOrder, state: "waiting", note: "" });
    this.#posts.set(post.client_id, post);
    this.#save(post);
    this.#changed(room);
    this.#pump(room);
    return post;
  }

  /** The line is there and the page has caught up: send what waits, also for what the last line was told to. */
  resume() {
    this.#running = true;
    for (const room of this.#naps.keys()) this.retryNow(room);
    this.#pumpAll();
  }

  pause() {
    this.#running = false;
  }

  /** Shows other tabs that this one lives. */
  renewLease() {
    for (const post of this.#posts.values()) this.#save(post);
  }

  /** Whatever the room's posts wait for may be over: ask the server again. */
  retryNow(room) {
    this.#naps.get(room)?.();
  }

  retry(clientId) {
    const post = this.#posts.get(clientId);
    if (!post) return;
    this.#mark(post, "waiting", "");
    this.#pump(post.room);
  }

  /** Forgets the post: it was thrown away, or the server showed that it has it. */
  remove(clientId) {
    const post = this.#posts.get(clientId);
    if (!post) return;
    this.#posts.delete(clientId);
    this.#gone.add(clientId);
    this.#store.remove(clientId).catch(() => {});
    this.#changed(post.room);
  }

  #pumpAll() {
    for (const room of new Set([...this.#posts.values()].map((post) => post.room))) this.#pump(room);
  }

  /** One post of a room in flight at a time: a refused one must not be overtaken by the next. */
  async #pump(room) {
    if (this.#lanes.has(room)) return;
    this.#lanes.add(room);
    for (let post = this.#next(room); post; post = this.#next(room)) await this.#deliver(post);
    this.#lanes.delete(room);
  }

  #next(room) {
    return this.#running ? this.inRoom(room).find((post) => post.state === "waiting") : undefined;
  }

  async #deliver(post) {
    await post.saved;
    try {
      const { message } = await this.#send(fieldsOf(post));
      this.dispatchEvent(new CustomEvent("sent", { detail: { message } }));
      this.remove(post.client_id);
    } catch (error) {
      await this.#refused(post, error);
    }
  }

  async #refused(post, error) {
    if (error.code === "offline") this.pause();
    else if (WAIT.has(error.code)) {
      this.#mark(post, "waiting", error.message);
      await this.#nap(post.room, error.retryAfter ?? DEFAULT_WAIT);
    } else if (error.code === "not_found" && this.#isBlocked(post.reply_to?.sender)) {
      // Not before it is refused: one that is stored already, of which the answer was lost, has to be sent as it was.
      post.reply_to = null;
      this.#mark(post, "waiting", "");
    } else this.#mark(post, "failed", error.message);
  }

  async #nap(room, seconds) {
    await new Promise((resolve) => {
      this.#naps.set(room, resolve);
      setTimeout(resolve, seconds * 1000);
    });
    this.#naps.delete(room);
  }

  #mark(post, state, note) {
    Object.assign(post, { state, note });
    if (this.#posts.has(post.client_id)) this.#save(post);
    this.#changed(post.room);
  }

  #save(post) {
    post.touched = Date.now();
    const { saved, ...plain } = post;
    // A full or forbidden disk must not keep the post from being sent.
    post.saved = this.#store.put(plain).catch(() => {});
  }

  #changed(room) {
    this.dispatchEvent(new CustomEvent("change", { detail: { room } }));
  }
}

function fieldsOf({ client_id, room, body, reply_to, attachments }) {
  const fields = { client_id, room, body };
  if (reply_to) fields.reply_to = reply_to.id;
  if (attachments?.length) fields.attachments = attachments.map(({ id }) => id);
  return fields;
}
