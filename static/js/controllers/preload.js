/** Preloads the modules that may be needed later, so that they are available without a connection. */

import { loadModule } from "chatsite/net/module_loader.js";
import { registerWorker } from "chatsite/net/service_worker.js";

const RARELY_NEEDED_AFTER = 5000; // in milliseconds

/** Modules that must be loaded before the connection is lost, such as those that store files. */
const SOON = [
  "chatsite/controllers/uploads_controller.js",
  "chatsite/elements/alt_dialog.js",
  "chatsite/elements/lightbox.js",
  "chatsite/elements/message_attachments.js",
  "chatsite/elements/room_files.js",
  "chatsite/elements/text_viewer.js",
  "chatsite/elements/writing_preview.js",
  "chatsite/vendor/tus/tus.js",
];

/** Modules for features that may be missing while offline. */
const LATER = [
  "chatsite/controllers/command_answers.js",
  "chatsite/controllers/completion.js",
  "chatsite/controllers/first_steps.js",
  "chatsite/controllers/forwarding.js",
  "chatsite/controllers/group_question.js",
  "chatsite/controllers/notifier.js",
  "chatsite/controllers/offline.js",
  "chatsite/controllers/section_dialogs.js",
  "chatsite/controllers/sharing.js",
  "chatsite/controllers/switcher.js",
  "chatsite/controllers/thread_view.js",
  "chatsite/elements/date_dialog.js",
  "chatsite/elements/emoji_picker.js",
  "chatsite/elements/message_touch.js",
  "chatsite/elements/page_panel.js",
  "chatsite/elements/person_card.js",
  "chatsite/elements/reaction_people.js",
  "chatsite/elements/schedule_dialog.js",
  "chatsite/elements/status_dialog.js",
  "chatsite/elements/thread_panel.js",
  "chatsite/format/html_markdown.js",
  "chatsite/format/tables.js",
  "chatsite/model/emoji.js",
  "chatsite/model/room_events.js",
];

/** All modules that are loaded with `loadModule`. */
export const LAZY_MODULES = Object.freeze([...SOON, ...LATER]);

/** Loads them when the browser is idle, and then installs the service worker, unless the user wants to save data. */
export function preloadModules() {
  if (navigator.connection?.saveData) return;
  const whenIdle = globalThis.requestIdleCallback ?? setTimeout;
  const load = (names) => Promise.allSettled(names.map((name) => loadModule(name)));
  whenIdle(() => load(SOON));
  setTimeout(() => whenIdle(() => load(LATER).then(registerWorker)), RARELY_NEEDED_AFTER);
}
