/** Shows the notifications of messages: as a sound, and by the system. Loaded with the first one. */

import { notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { playSound } from "chatsite/elements/sounds.js";
import { gettext } from "chatsite/i18n.js";
import { permissionState, turnOnNotifications } from "chatsite/net/push.js";
import { showNotification } from "chatsite/net/service_worker.js";
import { claimNotification } from "chatsite/store/notification_claims.js";
import { localStore } from "chatsite/store/safe_storage.js";
import { findLocks } from "chatsite/store/tab_lock.js";

const ASKED = "chatsite-asked-for-notifications";
const PERSONAL = new Set(["direct", "mention", "group", "reply"]);
const FRAME_TIMEOUT = 200; // in milliseconds; hidden pages have no frames

let isAskPlanned = false;

/**
 * Shows a "notification" event unless the message is in view. Resolves with how it was shown, or why it wasn't (see
 * docs/protocol.md). `sound` is the user's choice, or "none", and `user` their id.
 */
export async function notifyOf(event, { sound, user }) {
  await nextFrame(); // a message that has just arrived is drawn
  const isSeen = document.hasFocus() && isInView(event.message);
  const rank = [isSeen, document.hasFocus(), !document.hidden, true].indexOf(true);
  if (!(await claimNotification(event.message, { rank, locks: await findLocks(), storage: localStore }))) return "other_tab";
  if (isSeen) return "in_view";
  askLater(event.trigger, user);
  const isHeard = await playSound(sound);
  if (event.channel !== "desktop") return isHeard ? "sound" : "denied";
  return (await showOnDesktop(event)) ? "desktop" : "denied";
}

/** Returns whether the page shows the message, in a conversation or a thread. What is behind an open dialog isn't seen. */
function isInView(message) {
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  return [...(dialog ?? document).querySelectorAll(`message-log .msg[data-id="${message}"]`)].some((element) => {
    const { bottom, height } = element.getBoundingClientRect();
    const log = element.closest("message-log").getBoundingClientRect();
    return height > 0 && bottom > log.top && bottom <= log.bottom + 1;
  });
}

async function showOnDesktop({ title, body, url, tag, sender }) {
  if (permissionState() !== "granted") return false;
  const icon = document.querySelector('link[rel="apple-touch-icon"]').href;
  const data = { url: new URL(url, location.href).href, sender };
  // The page has played its own sound.
  return showNotification(title, { body, tag, icon, data, dir: "auto", renotify: true, silent: true });
}

/** Once the user is back, offers notifications if someone has tried to reach them meanwhile. */
function askLater(trigger, user) {
  const isMissed = document.hidden && PERSONAL.has(trigger);
  if (!isMissed || isAskPlanned || permissionState() !== "default") return;
  isAskPlanned = true;
  document.addEventListener("visibilitychange", () => ask(user), { once: true });
}

/** Asks once in each browser. */
function ask(user) {
  if (localStore.getItem(ASKED)) return;
  localStore.setItem(ASKED, "1");
  const text = gettext("Someone tried to reach you while you were away. Get notified on this device?");
  const notice = notify(text, "", { duration: UNTIL_DISMISSED, action: { text: gettext("Not now"), run: () => {} } });
  notice.addAction({ text: gettext("Turn on"), run: () => turnOn(user) });
}

async function turnOn(user) {
  const permission = await turnOnNotifications(user).catch(permissionState);
  if (permission === "granted") notify(gettext("Notifications are on."));
  else notify(gettext("Your browser blocks notifications. You can allow them in its settings for this site."), "is-warning");
}

function nextFrame() {
  return new Promise((resolve) => {
    requestAnimationFrame(resolve);
    setTimeout(resolve, FRAME_TIMEOUT);
  });
}
