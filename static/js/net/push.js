/** The browser's permission for notifications, and its subscription to push messages. */

import { complete, csrfToken, getJson, HttpError } from "chatsite/net/http.js";
import { registerWorker } from "chatsite/net/service_worker.js";
import { pushKey } from "chatsite/store/forget.js";
import { localStore } from "chatsite/store/safe_storage.js";

/** Returns "granted", "denied", "default", or "unsupported" where there are no notifications, such as over plain HTTP. */
export function permissionState() {
  return globalThis.Notification && navigator.serviceWorker ? Notification.permission : "unsupported";
}

/** Resolves with whether this user gets push messages in this browser. */
export async function isSubscribed(user) {
  if (permissionState() !== "granted" || !localStore.getItem(pushKey(user))) return false;
  const registration = await navigator.serviceWorker.getRegistration();
  return Boolean(await registration?.pushManager?.getSubscription());
}

/**
 * Asks for the permission, which must follow a click, and subscribes the user to push messages. Resolves with the permission's state.
 * Rejects if the subscription fails; open pages notify without it.
 */
export async function turnOnNotifications(user) {
  if (permissionState() === "unsupported") return "unsupported";
  const permission = await Notification.requestPermission();
  if (permission === "granted") await subscribe(user);
  return permission;
}

/** Subscribes again if the user has logged in since, because subscriptions end with the session. */
export async function renewSubscription(user) {
  const known = localStore.getItem(pushKey(user));
  if (known && permissionState() === "granted" && known !== markOfSession()) await subscribe(user);
}

async function subscribe(user) {
  if (!(await registerWorker())) return;
  const { pushManager } = await navigator.serviceWorker.ready;
  const { key } = await getJson("/push/key/");
  const subscription =
    (await currentSubscription(pushManager, key)) ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  await postJson("/push/subscriptions/", subscription.toJSON());
  localStore.setItem(pushKey(user), markOfSession());
}

/** Returns the browser's subscription. One for another key, which the site had before it was restored, is ended. */
async function currentSubscription(pushManager, key) {
  const subscription = await pushManager.getSubscription();
  const bytes = new Uint8Array(subscription?.options.applicationServerKey ?? []);
  if (!subscription || asBase64Url(bytes) === key) return subscription;
  await subscription.unsubscribe();
  return null;
}

function asBase64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The token changes whenever someone logs in. */
function markOfSession() {
  return csrfToken(document.cookie).slice(0, 8);
}

async function postJson(url, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken(document.cookie) };
  const response = await complete(fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
  if (!response.ok) throw new HttpError(response.status, await response.json().catch(() => undefined));
}
