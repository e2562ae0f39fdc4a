/** Preloads the modules that may be needed later, so that they are available without a connection. */

import { loadModule } from "chatsite/net/module_loader.js";

/** All modules that are loaded with `loadModule`. */
export const LAZY_MODULES = Object.freeze([
  "chatsite/controllers/uploads_controller.js",
  "chatsite/elements/alt_dialog.js",
  "chatsite/elements/lightbox.js",
  "chatsite/elements/message_attachments.js",
  "chatsite/elements/room_files.js",
  "chatsite/elements/text_viewer.js",
  "chatsite/vendor/tus/tus.js",
]);

/** Loads them when the browser is idle, unless the user wants to save data. */
export function preloadModules() {
  if (navigator.connection?.saveData) return;
  const whenIdle = globalThis.requestIdleCallback ?? setTimeout;
  whenIdle(() => LAZY_MODULES.forEach((name) => loadModule(name).catch(() => {})));
}
