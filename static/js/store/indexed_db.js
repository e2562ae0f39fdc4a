/** Persistent stores of unsent posts and uploads in IndexedDB, or in memory if the browser doesn't allow IndexedDB. */

import { MemoryFiles, UploadStore } from "chatsite/store/upload_store.js";

const DATABASE = "chatsite";
const VERSION = 2;
const POSTS = "outbox";
const UPLOADS = "uploads";
const FILES = "files";
// Without Web Locks, a tab counts as closed if it has not renewed its lease for this long. Browsers run the timers of hidden
// tabs once per minute.
const LEASE = 90_000;
const OPEN_TIMEOUT = 1500;

/** Returns whether the tab may own the row. `openTabs` is the set of open tabs' ids, or null if it is unknown. */
export function mayTakeOver(row, { user, tab, openTabs, now }) {
  if (row.user !== user) return false;
  if (row.tab === tab) return true;
  return openTabs ? !openTabs.has(row.tab) : now - (row.touched ?? row.order) > LEASE;
}

export class MemoryStore {
  #rows = new Map();
  #key;

  constructor(key = "client_id") {
    this.#key = key;
  }

  async put(row) {
    this.#rows.set(row[this.#key], structuredClone(row));
  }

  async remove(id) {
    this.#rows.delete(id);
  }

  async count() {
    return this.#rows.size;
  }

  async countOf(user) {
    return [...this.#rows.values()].filter((row) => row.user === user).length;
  }

  /** Makes the tab the owner of all rows that it may own and returns them. `claim`: {user, tab, openTabs, now}. */
  async takeOver(claim) {
    const rows = [...this.#rows.values()].filter((row) => mayTakeOver(row, claim));
    for (const row of rows) Object.assign(row, leaseOf(claim));
    return structuredClone(rows);
  }

  /** Removes all rows of a user, and returns their keys. */
  async removeUser(user) {
    const removed = [...this.#rows].filter(([, row]) => row.user === user).map(([id]) => id);
    for (const id of removed) this.#rows.delete(id);
    return removed;
  }
}

export class IndexedStore {
  #database;
  #name;

  constructor(database, name) {
    this.#database = database;
    this.#name = name;
  }

  /** `key` is only needed for stores whose rows do not contain it. Commits at once, as the page may be about to close. */
  async put(row, key) {
    await this.#run((rows) => {
      const request = rows.put(row, key);
      rows.transaction.commit?.();
      return request;
    });
  }

  get(id) {
    return this.#run((rows) => rows.get(id));
  }

  async remove(id) {
    await this.#run((rows) => rows.delete(id));
  }

  count() {
    return this.#run((rows) => rows.count());
  }

  async countOf(user) {
    let count = 0;
    await this.#forEach((cursor) => (count += cursor.value.user === user));
    return count;
  }

  /** Reads and writes in one transaction, so that two tabs can't both get a row. */
  async takeOver(claim) {
    const taken = [];
    await this.#forEach((cursor) => {
      if (!mayTakeOver(cursor.value, claim)) return;
      const row = { ...cursor.value, ...leaseOf(claim) };
      cursor.update(row);
      taken.push(row);
    });
    return taken;
  }

  async removeUser(user) {
    const removed = [];
    await this.#forEach((cursor) => {
      if (cursor.value.user !== user) return;
      removed.push(cursor.primaryKey);
      cursor.delete();
    });
    return removed;
  }

  #forEach(visit) {
    return this.#run((rows) => {
      rows.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        visit(cursor);
        cursor.continue();
      };
    });
  }

  /** Resolves with the result of the request that `work(rows)` returns once the transaction is complete. */
  #run(work) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(this.#name, "readwrite");
      const request = work(transaction.objectStore(this.#name));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function leaseOf({ tab, now }) {
  return { tab, touched: now };
}

/** Resolves with {posts, uploads}: the stores for the outbox and the uploads. `find()` returns the browser's IndexedDB. */
export function openStores(find = () => globalThis.indexedDB) {
  return new Promise((resolve) => {
    const fallback = () => resolve(inMemory());
    const opening = attempt(() => find().open(DATABASE, VERSION));
    if (!opening) return fallback();
    opening.onupgradeneeded = ({ oldVersion }) => upgrade(opening.result, oldVersion);
    opening.onsuccess = () => resolve(inDatabase(opening.result));
    opening.onerror = opening.onblocked = fallback;
    setTimeout(fallback, OPEN_TIMEOUT);
  });
}

/** Browsers that don't allow IndexedDB lack it or throw an error. */
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

function upgrade(database, oldVersion) {
  if (oldVersion < 1) database.createObjectStore(POSTS, { keyPath: "client_id" });
  database.createObjectStore(UPLOADS, { keyPath: "id" });
  database.createObjectStore(FILES);
}

function inDatabase(database) {
  // A newer version of the page in another tab must not wait for this one, whose later writes are lost.
  database.onversionchange = () => database.close();
  const [posts, uploads, files] = [POSTS, UPLOADS, FILES].map((name) => new IndexedStore(database, name));
  return { posts, uploads: new UploadStore(uploads, files) };
}

function inMemory() {
  return { posts: new MemoryStore(), uploads: new UploadStore(new MemoryStore("id"), new MemoryFiles()) };
}
