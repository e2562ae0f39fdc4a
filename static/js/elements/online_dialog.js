/** The dialog 'Who is here', filled by the server each time it opens. */

import { getText } from "chatsite/net/http.js";
import { showFragment } from "chatsite/elements/server_html.js";

/** Opens it from the links to its page too, unless they are asked to open elsewhere. */
export function watchHereLinks() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (!event.target.closest?.("a[data-online]")) return;
    event.preventDefault();
    showHere();
  });
}

export async function showHere() {
  const dialog = document.getElementById("online");
  const list = dialog.querySelector(".online");
  list.textContent = "Loading…";
  dialog.showModal();
  try {
    showFragment(list, await getText("/online/list/"));
  } catch (error) {
    list.textContent = error.message;
  }
}
