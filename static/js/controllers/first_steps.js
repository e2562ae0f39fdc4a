/** The checklist for the owner of a new site, shown in its first room. The server knows which steps are done. */

import { attempt } from "chatsite/elements/dialogs.js";
import { showFragment } from "chatsite/elements/server_html.js";
import { getText, remove } from "chatsite/net/http.js";

const URL = "/first-steps/";

/** Shows the steps until all are done or dismissed. `log` shows them while it is empty. */
export function showFirstSteps({ log, conversations }) {
  const element = document.createElement("section");
  const ending = new AbortController();
  const { signal } = ending;
  const end = () => {
    element.remove();
    ending.abort();
  };
  const refresh = async () => {
    element.hidden = !conversations.currentRoom?.is_default;
    if (element.hidden) return;
    const html = await getText(URL).catch(() => null); // without a connection, they stay as they are
    if (html === "") end();
    else if (html) showFragment(element, html);
  };
  element.className = "first-steps";
  element.setAttribute("aria-labelledby", "first-steps-heading");
  element.addEventListener("click", ({ target }) => {
    if (target.closest("button")) attempt(() => remove(URL)).then((isDismissed) => isDismissed && end());
  });
  log.querySelector(".log__scroll").append(element);
  conversations.addEventListener("opened", refresh, { signal });
  document.querySelector("page-panel dialog").addEventListener("close", refresh, { signal });
  refresh();
}
