/** Agreement between the tabs of a browser on which of them shows a notification. */

import { openTabs } from "chatsite/store/tab_lock.js";

const PREFIX = "chatsite-notification-";
const HOLD = 30_000; // in milliseconds; hidden tabs may be that late
const STEP = 120; // by which a tab lets the one before it go first

/**
 * Resolves with whether this tab shows the notification of the message. Tabs with a lower `rank` come first. Without Web Locks,
 * the tabs share what they have claimed in `storage`.
 */
export async function claimNotification(message, { rank, locks, storage }) {
  const tabs = await openTabs(locks);
  if (rank && tabs?.size !== 1) await wait(rank * STEP);
  return locks ? claimLock(locks, `${PREFIX}${message}`) : claimKey(storage, message);
}

function claimLock(locks, name) {
  return new Promise((resolve) => {
    locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && wait(HOLD);
    });
  });
}

function claimKey(storage, message) {
  const key = `${PREFIX}last`;
  if (Number(storage.getItem(key)) >= message) return false;
  storage.setItem(key, String(message));
  return true;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
