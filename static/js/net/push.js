/** The browser's permission for notifications, and its subscription to push messages. */

import { complete, csrfToken, getJson, HttpError } from "chatsite/net/http.js";
import { registerWorker } from "chatsite/net/service_worker.js";

/** Returns "granted", "denied", "default", or "unsupported" where there are no notifications, such as over plain HTTP. */
export function permissionState() {
  return globalThis.Notification && navigator.serviceWorker ? Notification.permission : "unsupported";
}

/** Asks for the permission, which must follow a click, and subscribes to push messages. Resolves with the permission's state. */
export async function turnOnNotifications() {
  if (permissionState() === "unsupported") return "unsupported";
  const permission = await Notification.requestPermission();
  if (permission === "granted") await subscribe().catch(() => {}); // open pages notify without it
  return permission;
}

async function subscribe() {
  if (!(await registerWorker())) return;
  const { pushManager } = await navigator.serviceWorker.ready;
  const { key } = await getJson("/push/key/");
  const subscription =
    (await pushManager.getSubscription()) ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  await postJson("/push/subscriptions/", subscription.toJSON());
}

async function postJson(url, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken(document.cookie) };
  const response = await complete(fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
  if (!response.ok) throw new HttpError(response.status);
}
