/** The tab's id, and which tabs are open: each unsent item belongs to one of them. */

import { uuid } from "chatsite/format/uuid.js";

const PREFIX = "chatsite-tab-";
const KEY = "chatsite-tab";
const HEARTBEAT_INTERVAL = 5000;

/**
 * Returns the tab's id, the same after a reload. A duplicated tab copies the session storage; the lock, held as long as
 * the tab is open, shows that the id is taken. Without Web Locks (plain http) the id is trusted.
 */
export async function acquireTabId({ storage, locks }) {
  const known = storage.getItem(KEY);
  const id = known && (await acquire(locks, known)) ? known : await newId(locks);
  storage.setItem(KEY, id);
  return id;
}

/** The ids of all open tabs, or null where the browser can't tell. */
export async function openTabs(locks) {
  if (!locks) return null;
  const { held } = await locks.query();
  return new Set(held.filter(({ name }) => name.startsWith(PREFIX)).map(({ name }) => name.slice(PREFIX.length)));
}

/** Without Web Locks, calls `renew` regularly, which shows other tabs that this one is open. */
export function startHeartbeat(locks, renew) {
  if (!locks) setInterval(renew, HEARTBEAT_INTERVAL);
}

async function newId(locks) {
  const id = uuid();
  await acquire(locks, id);
  return id;
}

function acquire(locks, id) {
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks.request(PREFIX + id, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}
