/**
 * The service worker: push messages, clicks on notifications, and the chat page without a connection.
 * `SITE` is put before this text by chatsite/web_app/views.py.
 */

const PREFIX = "chatsite-";
const KEPT_VERSIONS = 2; // pages of the version before may still load modules
const PAGE = "/offline/";
const LOGIN = "/accounts/login/";
const COPY = "chatsite-offline"; // the database with the rooms, see static/js/store/offline_copy.js
const SHARE = "/share/"; // only exists here, see the manifest
const SHARED = "shared"; // the cache, see static/js/store/shared_content.js
const CHAT = /^\/(?:rooms\/\d+\/(?:messages\/\d+\/)?)?$/;
const UNAVAILABLE = new Set([502, 503, 504]);
const ANSWER_TIMEOUT = 500; // in milliseconds; a page that is suspended doesn't answer
const files = new Set(SITE.files);

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const response = respond(event);
  if (response) event.respondWith(response);
});
addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(keepPage(event.data.key));
});
addEventListener("push", (event) => event.waitUntil(receiveInOrder(event.data)));
addEventListener("notificationclick", (event) => event.waitUntil(openFrom(event.notification)));
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAgain(event.oldSubscription)));

/**
 * Returns the response to a request, or null to leave it to the browser. All pages are answered here: otherwise, the browser would
 * request them a second time after their preload, which may have been the only one with a notice.
 */
function respond(event) {
  const { method, mode, url } = event.request;
  const { pathname } = new URL(url);
  if (mode === "navigate" && method === "POST" && pathname === SHARE) return receiveShared(event.request);
  if (method !== "GET") return null;
  if (mode === "navigate") return openPage(event, pathname);
  return isStored(event.request) ? readFile(event.request) : null;
}

// -- files --------------------------------------------------------------------------------------------

/**
 * The worker replaces the one before at once. Running pages aren't reloaded, and find the files of their own version in its cache.
 * If the disk is full, the worker still receives push messages.
 */
async function install() {
  if (SITE.cache) await storeFiles().catch(() => {});
  await skipWaiting();
}

async function storeFiles() {
  const cache = await caches.open(SITE.cache);
  await Promise.all(SITE.files.map((url) => storeFile(cache, url)));
}

/** Most files are the same as in the version before, and the browser has loaded the others for the page. */
async function storeFile(cache, url) {
  const stored = await caches.match(url, { ignoreVary: true });
  if (stored) await cache.put(url, stored);
  else await cache.add(url);
}

async function activate() {
  const versions = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== SITE.cache);
  const kept = SITE.cache ? KEPT_VERSIONS - 1 : 0;
  for (const name of versions.slice(0, Math.max(0, versions.length - kept))) await caches.delete(name);
  await registration.navigationPreload?.enable(); // so that pages don't wait for the worker to start
  await clients.claim();
}

/** Files with a hash in their names never change, whichever version they belong to. */
function isStored({ url }) {
  const { origin, pathname } = new URL(url);
  return origin === location.origin && (files.has(pathname) || (SITE.cache && /^\/static\/.*\.[0-9a-f]{12}\./.test(pathname)));
}

async function readFile(request) {
  return (await caches.match(request.url, { ignoreVary: true }).catch(() => null)) ?? fetch(request);
}

// -- the page without a connection ---------------------------------------------------------------------

/** Opens a page from the server. If it can't be reached, opens the kept page in place of the chat. */
async function openPage(event, pathname) {
  try {
    const response = (await event.preloadResponse) ?? (await fetch(event.request));
    // Only those who are logged out get the log-in page, also if that happened on another device.
    if (pathname === LOGIN && response.ok) event.waitUntil(forgetUser());
    return UNAVAILABLE.has(response.status) ? ((await findPage(pathname)) ?? response) : response;
  } catch (error) {
    const page = await findPage(pathname);
    if (page) return page;
    throw error;
  }
}

async function findPage(pathname) {
  if (!SITE.cache || !CHAT.test(pathname)) return undefined;
  const options = { ignoreSearch: true, ignoreVary: true };
  return (await (await caches.open(SITE.cache)).match(PAGE, options)) ?? caches.match(PAGE, options);
}

/** Keeps the page of the user who is logged in, unless it is kept already. Its files must be those of this worker. */
async function keepPage(key) {
  if (!SITE.cache) return;
  const cache = await caches.open(SITE.cache);
  const url = `${PAGE}?${new URLSearchParams({ key })}`;
  if (await cache.match(url, { ignoreVary: true })) return;
  const response = await fetch(PAGE);
  if (response.redirected || response.headers.get("X-Files") !== SITE.cache) return;
  await forgetPage();
  await cache.put(url, response);
}

async function forgetPage() {
  for (const name of await caches.keys()) {
    await (await caches.open(name)).delete(PAGE, { ignoreSearch: true, ignoreVary: true });
  }
}

async function forgetUser() {
  indexedDB.deleteDatabase(COPY);
  await caches.delete(SHARED);
  await forgetPage();
  for (const notification of await registration.getNotifications()) notification.close();
}

// -- content from other apps ----------------------------------------------------------------------------

/** Stores what another app shares, and opens the chat, which asks for the conversation (see controllers/sharing.js). */
async function receiveShared(request) {
  try {
    const form = await request.formData();
    await (await caches.open(SHARED)).put(SHARE, new Response(form));
  } catch {
    // too large for the disk; the chat opens without it
  }
  return Response.redirect("/#shared", 303);
}

// -- push messages ------------------------------------------------------------------------------------

let received = Promise.resolve(); // resolves when all push messages so far have been handled

/**
 * Handles push messages one after the other, because several arrive at once when a device wakes up. If `getNotifications()` is called
 * while a notification is being shown, Chromium loses track of it, and it can't be closed anymore.
 */
function receiveInOrder(data) {
  received = received.then(() => receivePush(data)).catch(() => {});
  return received;
}

/** Shows a notification in any case, because browsers end the subscriptions of sites that show nothing. */
async function receivePush(data) {
  const { notification, close, app_badge: badge } = parse(data);
  showBadge(badge);
  for (const tag of close ?? []) await closeNotifications(tag);
  if (notification || !close) await show(notification ?? {});
}

function parse(data) {
  try {
    return data.json() ?? {};
  } catch {
    return {};
  }
}

async function show({ title = SITE.name, body, navigate = "/", tag = "", silent = false, lang, dir }) {
  const text = body ?? (title === SITE.name ? SITE.newMessage : "");
  const options = { body: text, tag, silent, lang, dir: dir ?? "auto", icon: SITE.icon, badge: SITE.badge };
  await registration.showNotification(title, { ...options, renotify: Boolean(tag), data: { url: ownUrl(navigate) } });
}

async function closeNotifications(tag) {
  for (const notification of await registration.getNotifications({ tag })) notification.close();
}

function showBadge(count) {
  if (count === undefined) return;
  const change = count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  change?.catch(() => {});
}

function ownUrl(url) {
  const { origin, href } = new URL(url, location.origin);
  return origin === location.origin ? href : location.origin;
}

// -- clicks -------------------------------------------------------------------------------------------

/** Opens the message in a page of the chat that is already open, or else in a new window. */
async function openFrom(notification) {
  notification.close();
  const { url = "/" } = notification.data ?? {};
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const inOrder = open.toSorted((a, b) => Number(b.focused) - Number(a.focused));
  for (const client of inOrder) {
    if (await isOpenedIn(client, url)) return client.focus();
  }
  return clients.openWindow(url);
}

/** Resolves with whether the client is a page of the chat, which now opens the URL. */
function isOpenedIn(client, url) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(true);
    setTimeout(() => resolve(false), ANSWER_TIMEOUT);
    client.postMessage({ type: "open", url }, [port2]);
  });
}

// -- the subscription ---------------------------------------------------------------------------------

/** Replaces a subscription that the browser has ended. If that fails, the page does so when it is next open. */
async function subscribeAgain(old) {
  const { key } = await (await fetch("/push/key/", { headers: { Accept: "application/json" } })).json();
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await postJson("/push/subscriptions/", subscription.toJSON());
  if (old && old.endpoint !== subscription.endpoint) await postJson("/push/subscriptions/remove/", { endpoint: old.endpoint });
}

async function postJson(url, body) {
  const { value = "" } = (await self.cookieStore?.get("csrftoken")) ?? {};
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": value };
  await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
}
