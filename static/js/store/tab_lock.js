/** Which tab is this, and which others live: so that each unsent post is one tab's business. */

import { uuid } from "chatsite/format/uuid.js";

const PREFIX = "chatsite-tab-";
const KEY = "chatsite-tab";
const SHOW_EVERY = 5000;

/**
 * The tab's id, the same after a reload. A duplicated tab copies the session storage; the lock, held for the
 * tab's life, shows that the id is taken. Without Web Locks (plain http) the id is simply trusted.
 */
export async function acquireTabId({ storage, locks }) {
  const known = storage.getItem(KEY);
  const id = known && (await hold(locks, known)) ? known : await fresh(locks);
  storage.setItem(KEY, id);
  return id;
}

/** The ids of all living tabs, or null where the browser cannot tell. */
export async function openTabs(locks) {
  if (!locks) return null;
  const { held } = await locks.query();
  return new Set(held.filter(({ name }) => name.startsWith(PREFIX)).map(({ name }) => name.slice(PREFIX.length)));
}

/** Where nobody can be asked which tabs live, this one shows that it does: `touch` renews all that it keeps in the stores. */
export function startHeartbeat(locks, touch) {
  if (!locks) setInterval(touch, SHOW_EVERY);
}

async function fresh(locks) {
  const id = uuid();
  await hold(locks, id);
  return id;
}

function hold(locks, id) {
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks.request(PREFIX + id, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}
