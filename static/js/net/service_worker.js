/** The site's service worker, which receives push messages and keeps the files of the page. */

const PATH = "/sw.js";
const START_TIMEOUT = 5000; // in milliseconds

/** Resolves once this page's notifications are shown. Calling `getNotifications()` before makes Chromium lose track of them. */
let shown = Promise.resolve();

/** Resolves with the worker's registration, or with null over plain HTTP and where the browser doesn't allow it. */
export async function registerWorker() {
  try {
    return (await navigator.serviceWorker.register(PATH)) ?? null;
  } catch {
    return null;
  }
}

/** Calls `open(url)` when the user clicks a notification. The worker learns that this page opens it. */
export function watchClicks(open) {
  navigator.serviceWorker?.addEventListener("message", ({ data, ports: [port] }) => {
    if (data?.type !== "open") return;
    port?.postMessage("opened");
    open(data.url);
  });
}

/** Shows a notification, even if the page is closed before it is clicked. Resolves with whether that worked. */
export async function showNotification(title, options) {
  await registerWorker();
  const registration = await within(START_TIMEOUT, navigator.serviceWorker?.ready);
  const isShown = registration?.showNotification(title, options).then(() => true, () => false);
  shown = Promise.all([shown, isShown]).then(() => {});
  return Boolean(await isShown);
}

/**
 * Closes those notifications of the site for which `isOver(data)` is true, whichever page or push message has shown them. `data` has
 * the `url` to which a notification leads, and the `sender` of the message if a page has shown it.
 */
export async function closeNotifications(isOver) {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => null);
  await shown;
  const notifications = (await registration?.getNotifications()) ?? [];
  for (const notification of notifications) if (isOver({ url: "/", ...notification.data })) notification.close();
}

async function within(milliseconds, promise) {
  let timer;
  const isLate = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return Promise.race([promise, isLate]).finally(() => clearTimeout(timer));
}

/**
 * Has the worker keep the page without its data, for starts without a connection: now, and whenever a new version of the site comes.
 * `key` stands for what the page depends on, such as the user.
 */
export async function keepPage(key) {
  if (!(await registerWorker())) return;
  const ask = async () => (await navigator.serviceWorker.ready).active.postMessage({ type: "keep", key });
  navigator.serviceWorker.addEventListener("controllerchange", ask);
  await ask();
}
