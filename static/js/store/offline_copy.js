/** The copy of the user's rooms in the browser, with which the chat starts without a connection, and the page that shows it. */

const DATABASE = "chatsite-offline"; // the service worker deletes it, too
const STATE = "state";
const ROOMS = "rooms";
const KEY = "page";
const PAGE = "/offline/";
export const KEPT_ROOMS = 20;

/** Stores the page's data, and some of its conversations as the server sends them. Those of other rooms than the user's are deleted. */
export async function saveCopy(page, conversations) {
  const ids = new Set(page.rooms.map(({ id }) => id));
  await run("readwrite", (state, rooms) => {
    state.put(page, KEY);
    for (const conversation of conversations) rooms.put({ savedAt: Date.now(), conversation }, conversation.room.id);
    let kept = 0;
    rooms.index("savedAt").openKeyCursor(null, "prev").onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (!ids.has(cursor.primaryKey) || kept >= KEPT_ROOMS) rooms.delete(cursor.primaryKey);
      else kept += 1;
      cursor.continue();
    };
  });
}

/** Resolves with {page, conversations}, the latest first, or null if there is no copy. */
export async function readCopy() {
  let page, rows;
  await run("readonly", (state, rooms) => {
    state.get(KEY).onsuccess = ({ target }) => (page = target.result);
    rooms.getAll().onsuccess = ({ target }) => (rows = target.result);
  });
  return page ? { page, conversations: rows.sort((a, b) => b.savedAt - a.savedAt).map(({ conversation }) => conversation) } : null;
}

/** Deletes the conversations, because some of their messages may not be shown anymore. */
export async function forgetConversations() {
  await run("readwrite", (_state, rooms) => rooms.clear());
}

export async function forgetCopy() {
  await Promise.allSettled([deleteDatabase(), deletePage()]);
}

async function deleteDatabase() {
  const request = globalThis.indexedDB?.deleteDatabase(DATABASE);
  if (request) await new Promise((resolve) => (request.onsuccess = request.onerror = request.onblocked = resolve));
}

async function deletePage() {
  for (const name of (await globalThis.caches?.keys()) ?? []) {
    await (await caches.open(name)).delete(PAGE, { ignoreSearch: true, ignoreVary: true });
  }
}

/** Opens the database for one transaction only, so that nothing prevents its deletion. */
async function run(mode, work) {
  const database = await open();
  try {
    await new Promise((resolve, reject) => {
      const transaction = database.transaction([STATE, ROOMS], mode);
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(STATE), transaction.objectStore(ROOMS));
    });
  } finally {
    database.close();
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(STATE);
      opening.result.createObjectStore(ROOMS).createIndex("savedAt", "savedAt");
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = opening.onblocked = () => reject(opening.error);
  });
}
