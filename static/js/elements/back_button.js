/**
 * Lets the Back button close what covers the conversation, instead of leaving the room: in narrow windows a side sheet or any dialog,
 * otherwise the lightbox. For that, something that opens adds a history entry with the same address.
 *
 * Something that is closed in another way leaves its entry behind, because going back is asynchronous and might undo what follows.
 * The next entry replaces it, and the Back button skips it. The panel has addresses of its own (see `Panels`).
 */

const NARROW = matchMedia("(width < 48rem)");

const covering = []; // functions that close what is open, the last opened at the end
const closers = new WeakMap();
let isCover = history.state?.isCover ?? false; // whether the current history entry was added for something that opened
let address = location.href; // of that entry

/** Must be called before other listeners are added for "popstate". */
export function watchBackButton() {
  addEventListener("popstate", followHistory);
  const observer = new MutationObserver((records) => {
    for (const { target } of records) if (target.matches("dialog:not(.panel)")) watchDialog(target);
  });
  observer.observe(document.body, { subtree: true, attributeFilter: ["open"] });
}

/** Adds a history entry for something that has opened. `close()` closes it, unless the user has to be asked first. */
export function cover(close) {
  covering.push(close);
  if (!isCover) addEntry();
}

/** Must be called when it has been closed, in whichever way. */
export function uncover(close) {
  const index = covering.indexOf(close);
  if (index >= 0) covering.splice(index, 1);
}

/** Adds a history entry, or replaces the entry of something that has been closed. */
export function pushAddress(state, url) {
  if (isCover && !covering.length) history.replaceState(state, "", url);
  else history.pushState(state, "", url);
  isCover = false;
}

/** Returns the number of history entries on top of the last one that was added with `pushAddress`. */
export function countCovers() {
  return Number(isCover);
}

function watchDialog(dialog) {
  if (!closers.has(dialog)) closers.set(dialog, () => requestClose(dialog));
  const close = closers.get(dialog);
  const isCovering = covering.includes(close);
  if (dialog.open && !isCovering && (NARROW.matches || dialog.matches(".lightbox"))) cover(close);
  else if (!dialog.open && isCovering) uncover(close);
}

function requestClose(dialog) {
  if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
}

function addEntry() {
  history.pushState({ ...history.state, isCover: true }, "");
  isCover = true;
  address = location.href;
}

function followHistory(event) {
  const left = { isCover, address };
  isCover = history.state?.isCover ?? false;
  address = location.href;
  if (!left.isCover || isCover || left.address !== address) return;
  event.stopImmediatePropagation();
  const close = covering.at(-1);
  if (!close) return history.back();
  close();
  setTimeout(() => covering.length && !isCover && addEntry()); // it is still open, or another one is
}
