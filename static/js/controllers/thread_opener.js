/** Draws threads that are opened in the panel. The code for it is loaded when the first one is opened. */

import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";
import { loadModule } from "chatsite/net/module_loader.js";

/** For the options, see thread_view.js. */
export function watchThreads(options) {
  document.addEventListener("thread-opened", async ({ target: element }) => {
    try {
      const { ThreadView } = await loadModule("chatsite/controllers/thread_view.js");
      if (element.isConnected) new ThreadView(element, options);
    } catch (error) {
      notify(gettext("Couldn’t open the thread. %(reason)s", { reason: error.message }), "is-error");
    }
  });
}
