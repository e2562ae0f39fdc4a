/** Going from room to room without loading the page: addresses, the back button, links, keys, sheets. */

import { closeSheet, openSheet } from "chatsite/elements/sheets.js";

const ROOM = /^\/rooms\/(\d+)\/(?:messages\/(\d+)\/)?$/;
const WIDE = matchMedia("(min-width: 70rem)");
const NO_FACTS = "chatsite-no-facts";

/** {room, around} of an address of a room or of a message in it; null for any other. */
export function placeOf(url) {
  const { origin, pathname } = new URL(url, location.href);
  const match = origin === location.origin && ROOM.exec(pathname);
  return match ? { room: Number(match[1]), around: match[2] ? Number(match[2]) : null } : null;
}

/** `go(place)` opens a room; `step(n)` the one n places further; `find()` puts the cursor into the search field. */
export function watchNavigation({ go, step, find }) {
  addEventListener("popstate", () => {
    const place = placeOf(location.href);
    if (place) go({ ...place, push: false });
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    const place = placeOf(link?.href ?? "about:blank");
    if (!place) return;
    event.preventDefault();
    // Within the page, such as "Skip to the conversation": the address stays what the back button knows.
    if (link.hash) return document.getElementById(link.hash.slice(1))?.focus();
    go({ ...place, push: true });
  });
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") find();
    else if (event.altKey && event.key === "ArrowUp") step(-1);
    else if (event.altKey && event.key === "ArrowDown") step(1);
    else if (!(event.key === "Escape" && closeSheet())) return;
    event.preventDefault();
  });
}

/** `onFacts()` is called when the facts came into view. */
export function watchSheets(onFacts) {
  const app = document.querySelector(".app");
  const button = document.querySelector('[data-sheet="room-info"]');
  const showFacts = (shown) => {
    app.classList.toggle("is-without-info", !shown);
    button.setAttribute("aria-expanded", String(shown && WIDE.matches));
    localStorage.setItem(NO_FACTS, shown ? "" : "1");
    if (shown) onFacts();
  };
  showFacts(!localStorage.getItem(NO_FACTS));
  WIDE.addEventListener("change", () => {
    closeSheet();
    showFacts(!localStorage.getItem(NO_FACTS));
  });
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest?.("[data-sheet]");
    if (opener?.matches("button")) {
      const name = opener.dataset.sheet;
      if (name === "room-info" && WIDE.matches) return showFacts(app.classList.contains("is-without-info"));
      openSheet(name, opener);
      if (name === "room-info") onFacts();
    } else if (target.closest?.("[data-sheet-close]") && !closeSheet()) showFacts(false);
  });
}
