/** Where unsent posts and files outlive the page: IndexedDB, or memory where a browser forbids it. */

import { IndexedFiles, MemoryFiles, UploadStore } from "chatsite/store/upload_store.js";

const DATABASE = "chatsite";
const VERSION = 2;
const POSTS = "outbox";
const UPLOADS = "uploads";
const FILES = "files";
// Without Web Locks nobody can say whether the tab that wrote a row still lives; after this long without a touch it is taken
// over. Browsers let the timers of a tab that is out of sight run once a minute.
const LEFT_BEHIND = 90_000;
const PATIENCE = 1500;

/** May this tab take the row? `openTabs` is the set of living tabs' ids, or null for 'cannot tell'. */
export function mayTakeOver(row, { user, tab, openTabs, now }) {
  if (row.user !== user) return false;
  if (row.tab === tab) return true;
  return openTabs ? !openTabs.has(row.tab) : now - (row.touched ?? row.order) > LEFT_BEHIND;
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

  /** Makes the tab the owner of all rows that it may take, and returns them. */
  async takeOver(claim) {
    const ours = [...this.#rows.values()].filter((row) => mayTakeOver(row, claim));
    for (const row of ours) Object.assign(row, ownerIn(claim));
    return structuredClone(ours);
  }
}

export class IndexedStore {
  #database;
  #name;

  constructor(database, name = POSTS) {
    this.#database = database;
    this.#name = name;
  }

  async put(row) {
    await this.#run((rows) => rows.put(row));
  }

  async remove(id) {
    await this.#run((rows) => rows.delete(id));
  }

  count() {
    return this.#run((rows) => rows.count());
  }

  /** One transaction reads and takes over, so two tabs cannot both get a row. */
  async takeOver(claim) {
    const ours = [];
    await this.#run((rows) => {
      rows.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (mayTakeOver(cursor.value, claim)) {
          const row = { ...cursor.value, ...ownerIn(claim) };
          cursor.update(row);
          ours.push(row);
        }
        cursor.continue();
      };
    });
    return ours;
  }

  #run(work) {
    return inTransaction(this.#database, this.#name, work);
  }
}

function ownerIn({ tab, now }) {
  return { tab, touched: now };
}

/** {posts, uploads}: the stores of the outbox and of the files on their way. */
export function openStores(indexedDB = globalThis.indexedDB) {
  return new Promise((resolve) => {
    const fallback = () => resolve(inMemory());
    if (!indexedDB) return fallback();
    const opening = indexedDB.open(DATABASE, VERSION);
    opening.onupgradeneeded = ({ oldVersion }) => upgrade(opening.result, oldVersion);
    opening.onsuccess = () => resolve(inDatabase(opening.result));
    opening.onerror = opening.onblocked = fallback;
    setTimeout(fallback, PATIENCE);
  });
}

/** Resolves with the result of what `work(store)` asked for last, when all of it is on the disk. */
export function inTransaction(database, name, work) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, "readwrite");
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

function upgrade(database, oldVersion) {
  if (oldVersion < 1) database.createObjectStore(POSTS, { keyPath: "client_id" });
  database.createObjectStore(UPLOADS, { keyPath: "id" });
  database.createObjectStore(FILES);
}

function inDatabase(database) {
  // A later version of the page, in another tab, is not to wait for this one: what is kept meanwhile is lost with the tab.
  database.onversionchange = () => database.close();
  const files = new IndexedFiles((work) => inTransaction(database, FILES, work));
  return { posts: new IndexedStore(database), uploads: new UploadStore(new IndexedStore(database, UPLOADS), files) };
}

function inMemory() {
  return { posts: new MemoryStore(), uploads: new UploadStore(new MemoryStore("id"), new MemoryFiles()) };
}
