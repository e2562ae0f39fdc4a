/** The dialog with the users online, whose content is loaded from the server each time it opens. */

import { showFragment } from "chatsite/elements/server_html.js";
import { gettext } from "chatsite/i18n.js";
import { getText } from "chatsite/net/http.js";

/** Makes links to the page open the dialog instead, unless they are opened in another tab. */
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
