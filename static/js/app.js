/** Prepares what the browser keeps for the chat page, and then starts the chat. */

import { startChat } from "chatsite/chat_page.js";
import { preloadAttachments } from "chatsite/elements/attachment_loader.js";
import { watchBackButton } from "chatsite/elements/back_button.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { openStores } from "chatsite/store/indexed_db.js";
import { sessionStore } from "chatsite/store/safe_storage.js";
import { acquireTabId, findLocks } from "chatsite/store/tab_lock.js";

const SHARED = "#shared"; // by another app, see the service worker

/** A function, because WebKit hangs if a page is left while one of its modules awaits at the top level. */
async function start() {
  const data = document.getElementById("chatsite-page");
  const sent = JSON.parse(data.textContent);
  data.remove(); // it contains messages, which must not stay in the page when the user leaves the room
  const isShared = location.hash === SHARED;
  watchBackButton();
  const page = sent.is_offline ? await startOffline() : sent;
  const locks = await findLocks();
  const [tab, stores] = await Promise.all([
    acquireTabId({ storage: sessionStore, locks }),
    openStores(),
    preloadAttachments(page.conversation?.messages ?? []),
  ]);
  startChat({ page, isShared, tab, locks, stores });
}

/** Resolves with the data that the browser has kept. Without it, the page can only be loaded again. */
async function startOffline() {
  const { restorePage } = await loadModule("chatsite/controllers/offline.js");
  const restored = await restorePage(location.href);
  if (restored) return restored;
  document.getElementById("not-started").hidden = false;
  return new Promise(() => {});
}

start();
