/** The tab's id and the ids of all open tabs. Each unsent item belongs to a tab. */

import { uuid } from "chatsite/format/uuid.js";

const PREFIX = "chatsite-tab-";
const KEY = "chatsite-tab";
const HEARTBEAT_INTERVAL = 5000;

/** Resolves with the browser's Web Locks, or undefined over plain HTTP and where the browser doesn't allow them. */
export async function findLocks(navigator = globalThis.navigator) {
  try {
    await navigator.locks.query();
    return navigator.locks;
  } catch {
    return undefined;
  }
}

/**
 * Returns the tab's id, which is the same after a reload. Duplicating a tab copies its session storage, but the lock, which
 * is held while the tab is open, shows that the id is taken. Without Web Locks, the id is trusted.
 */
export async function acquireTabId({ storage, locks }) {
  const known = storage.getItem(KEY);
  const id = known && (await acquire(locks, known)) ? known : await newId(locks);
  storage.setItem(KEY, id);
  return id;
}

/** Returns the ids of all open tabs, or null if the browser doesn't provide them. */
export async function openTabs(locks) {
  if (!locks) return null;
  const { held } = await locks.query();
  return new Set(held.filter(({ name }) => name.startsWith(PREFIX)).map(({ name }) => name.slice(PREFIX.length)));
}

/** Without Web Locks, calls `renew` regularly to show other tabs that this one is open. */
export function startHeartbeat(locks, renew) {
  if (!locks) setInterval(renew, HEARTBEAT_INTERVAL);
}

/** Without Web Locks, calls `release` when the page is closed, so that other tabs needn't wait until its leases end. */
export function releaseOnClose(locks, release) {
  if (!locks) addEventListener("pagehide", release);
}

async function newId(locks) {
  const id = uuid();
  await acquire(locks, id);
  return id;
}

function acquire(locks, id) {
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const held = locks.request(PREFIX + id, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
    held?.catch?.(reject);
  });
}
