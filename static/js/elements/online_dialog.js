/** The dialog of the people who are online, which the server fills each time it opens. */

import { showFragment } from "chatsite/elements/server_html.js";
import { gettext } from "chatsite/i18n.js";
import { getText } from "chatsite/net/http.js";

/** Opens the dialog from links to its page too, unless they are to open in another tab. */
export function watchOnlineLinks() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (!event.target.closest?.("a[data-online]")) return;
    event.preventDefault();
    showOnline();
  });
}

export async function showOnline() {
  const dialog = document.getElementById("online");
  const list = dialog.querySelector(".online");
  list.textContent = gettext("Loading…");
  dialog.showModal();
  try {
    showFragment(list, await getText("/online/list/"));
  } catch (error) {
    list.textContent = error.message;
  }
}
