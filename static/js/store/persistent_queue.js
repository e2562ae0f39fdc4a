/** Queues of items that persist after the page is closed and are shared by the tabs of a browser. */

import { uuid } from "chatsite/format/uuid.js";

const SAVE_TIMEOUT = 2000;

/**
 * An item is a plain object with `user`, `tab` (its owner), `room`, `order` and `touched` (when the owner last renewed its
 * lease). The owner writes every change to the store. Tabs take over the items of closed tabs.
 * Dispatches "change" ({room}).
 */
export class PersistentQueue extends EventTarget {
  #items = new Map();
  /** The ids of removed items, which must not be restored by a takeover that has already read the store. */
  #removed = new Set();
  #writes = new Map();
  #lastOrder = 0;
  #isStopped = false;
  #store;
  #key;
  #user;
  #tab;
  #openTabs;

  /** `key`: the name of an item's id field. `openTabs()` resolves with the ids of the open tabs, or null if they are unknown. */
  constructor({ store, key = "id", user, tab, openTabs = async () => null }) {
    super();
    this.#store = store;
    this.#key = key;
    this.#user = user;
    this.#tab = tab;
    this.#openTabs = openTabs;
  }

  get isEmpty() {
    return !this.#items.size;
  }

  /** All items in the order in which they were added, regardless of the tab. */
  get items() {
    return [...this.#items.values()].sort(byOrder);
  }

  get(id) {
    return this.#items.get(id);
  }

  /** Returns whether the item is or was in the queue. */
  has(id) {
    return this.#items.has(id) || this.#removed.has(id);
  }

  inRoom(room) {
    return this.items.filter((item) => item.room === room);
  }

  /** Takes over the items of an earlier page or a closed tab. Returns the new items. */
  async takeOver() {
    const openTabs = await this.#openTabs();
    const claim = { user: this.#user, tab: this.#tab, openTabs, now: Date.now() };
    const rows = await this.#store.takeOver(claim).catch(() => []); // the page works without the store
    const isNew = ({ [this.#key]: id }) => !this.has(id);
    const added = rows.filter(isNew).sort(byOrder);
    for (const item of added) this.#items.set(item[this.#key], item);
    return added;
  }

  /** Shows other tabs that this one is open. */
  renewLease() {
    for (const item of this.#items.values()) this.save(item);
  }

  /** Stops storing items, because the user is logging out. */
  stop() {
    this.#isStopped = true;
  }

  /** Lets other tabs take over the items at once, because this one is being closed. */
  releaseLease() {
    if (this.#isStopped) return;
    for (const item of this.#items.values()) this.#store.put({ ...item, touched: 0 }).catch(() => {});
  }

  /** Adds a new item of this tab at the end, with an id. */
  insert(fields) {
    // Strictly increasing, even within a millisecond, because the order after a reload depends on it.
    this.#lastOrder = Math.max(Date.now(), this.#lastOrder + 0.001);
    const item = { [this.#key]: uuid(), user: this.#user, tab: this.#tab, order: this.#lastOrder, ...fields };
    this.#items.set(item[this.#key], item);
    this.save(item);
    return item;
  }

  /** Writes the item to the store, unless it has been removed in the meantime: a reload would restore it. */
  save(item) {
    if (this.#isStopped || !this.#items.has(item[this.#key])) return;
    item.touched = Date.now();
    // A full or unavailable disk must not prevent the item from being sent.
    this.#writes.set(item[this.#key], this.#store.put(item).catch(() => {}));
  }

  /** Resolves when the item's last save has finished, whether or not it succeeded, or takes too long. */
  async saved(item) {
    const write = this.#writes.get(item[this.#key]);
    let timer;
    await Promise.race([write, new Promise((resolve) => (timer = setTimeout(resolve, SAVE_TIMEOUT)))]);
    clearTimeout(timer);
  }

  remove(id) {
    const item = this.#items.get(id);
    if (!item) return;
    this.#items.delete(id);
    this.#writes.delete(id);
    this.#removed.add(id);
    this.#store.remove(id).catch(() => {});
    this.changed(item.room);
  }

  changed(room) {
    this.dispatch("change", { room });
  }

  dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function byOrder(a, b) {
  return a.order - b.order;
}
