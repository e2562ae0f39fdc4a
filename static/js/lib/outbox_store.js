/** Where unsent posts outlive the page: IndexedDB, or memory where a browser forbids it. */

const DATABASE = "chatsite";
const POSTS = "outbox";
// Without Web Locks nobody can say whether the tab that wrote a post still lives; after this long it is taken over.
const LEFT_BEHIND = 20_000;
const PATIENCE = 1500;

/** May this tab take the post? `alive` is the set of living tabs' ids, or null for 'cannot tell'. */
export function isOurs(post, { user, tab, alive, now }) {
  if (post.user !== user) return false;
  if (post.tab === tab) return true;
  return alive ? !alive.has(post.tab) : now - post.order > LEFT_BEHIND;
}

export class MemoryStore {
  #posts = new Map();

  async put(post) {
    this.#posts.set(post.client_id, structuredClone(post));
  }

  async remove(clientId) {
    this.#posts.delete(clientId);
  }

  /** Makes the tab the owner of all posts that it may take, and returns them. */
  async claim(claim) {
    const ours = [...this.#posts.values()].filter((post) => isOurs(post, claim));
    for (const post of ours) post.tab = claim.tab;
    return structuredClone(ours);
  }
}

export class IndexedStore {
  #database;

  constructor(database) {
    this.#database = database;
  }

  async put(post) {
    await this.#run((posts) => posts.put(post));
  }

  async remove(clientId) {
    await this.#run((posts) => posts.delete(clientId));
  }

  /** One transaction reads and takes over, so two tabs cannot both get a post. */
  async claim(claim) {
    const ours = [];
    await this.#run((posts) => {
      posts.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (isOurs(cursor.value, claim)) {
          const post = { ...cursor.value, tab: claim.tab };
          cursor.update(post);
          ours.push(post);
        }
        cursor.continue();
      };
    });
    return ours;
  }

  #run(work) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(POSTS, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(POSTS));
    });
  }
}

export function openStore(indexedDB = globalThis.indexedDB) {
  return new Promise((resolve) => {
    const fallback = () => resolve(new MemoryStore());
    if (!indexedDB) return fallback();
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(POSTS, { keyPath: "client_id" });
    opening.onsuccess = () => resolve(new IndexedStore(opening.result));
    opening.onerror = opening.onblocked = fallback;
    setTimeout(fallback, PATIENCE);
  });
}
