/** Notices, which disappear after a while or when they are dismissed. notices.css shows the newest three. */

import { clone } from "chatsite/elements/templates.js";
import { gettext } from "chatsite/i18n.js";

const DURATION = 6000;
const TIME_TO_UNDO = 10_000;
const LONGEST_TO_UNDO = 25_000; // the server refuses after 30 seconds
export const LONG_NOTICE = 60_000;
/** For a notice that stays until it is dismissed. */
export const UNTIL_DISMISSED = Infinity;

/**
 * Shows a notice, and returns it. `action` is {text, href} for a link, or {text, run} for a button. `onEnd()` is called when the
 * notice has disappeared, unless its action was used. The pointer or the focus keeps it, but not for more than `longest`.
 */
export function notify(text, kind = "", { duration = DURATION, longest = Infinity, action = null, onEnd = () => {} } = {}) {
  const notice = new Notice({ text, kind, duration, longest, onEnd });
  if (action) notice.addAction(action);
  notice.show();
  return notice;
}

/**
 * Shows a notice with an Undo button for ten seconds. Ctrl+Z undoes the last of these that is shown, because it is far away in the
 * tab order. Fields keep their own undo.
 */
export function notifyUndoable(text, { undo, onEnd = () => {} }) {
  const action = { text: gettext("Undo"), run: undo };
  const notice = notify(text, "", { duration: TIME_TO_UNDO, longest: LONGEST_TO_UNDO, action, onEnd });
  undoable = [...undoable.filter(({ isShown }) => isShown), notice];
  return notice;
}

let undoable = [];

addEventListener("keydown", (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
  if (!isUndo || event.target.closest("input, textarea, [contenteditable]")) return;
  const notice = undoable.findLast(({ isShown }) => isShown);
  if (notice) event.preventDefault();
  notice?.act();
});

/** Makes the notices that were loaded with the page disappear, like later ones. */
export function adoptNotices() {
  for (const loaded of container().querySelectorAll(".notice")) {
    const kind = [...loaded.classList].filter((name) => name !== "notice").join(" ");
    loaded.remove();
    notify(loaded.textContent.trim(), kind, { duration: LONG_NOTICE });
  }
}

class Notice {
  #element = clone("notice");
  #remaining;
  #longest;
  #onEnd;
  #timer;
  #limit;
  #startedAt;
  #focusedBefore = null;

  constructor({ text, kind, duration, longest, onEnd }) {
    this.#element.className = `notice ${kind}`;
    this.#element.querySelector(".notice__text").textContent = text;
    this.#element.querySelector("[data-action=dismiss]").addEventListener("click", () => this.end());
    this.#remaining = duration;
    this.#longest = longest;
    this.#onEnd = onEnd;
    // It doesn't disappear while someone is about to use it.
    for (const type of ["pointerenter", "focusin"]) this.#element.addEventListener(type, (event) => this.#pause(event));
    for (const type of ["pointerleave", "focusout"]) this.#element.addEventListener(type, () => this.#resume());
  }

  /** Runs the notice's action, like a click. */
  act() {
    this.#element.querySelector(".notice__action").click();
  }

  get isShown() {
    return this.#element.isConnected;
  }

  addAction({ text, href, run }) {
    const element = document.createElement(href ? "a" : "button");
    Object.assign(element, href ? { href } : { type: "button" }, { className: "notice__action", textContent: text });
    element.addEventListener("click", () => {
      this.remove();
      run?.();
    });
    this.#element.querySelector(".notice__text").after(element);
  }

  /** Takes the place of an equal notice. Those with an action are each about something else. */
  show() {
    const { outerHTML } = this.#element;
    const isEqual = (each) => each.outerHTML === outerHTML && !each.querySelector(".notice__action");
    [...container().children].find(isEqual)?.remove();
    if (this.#longest < Infinity) this.#limit = setTimeout(() => this.end(), this.#longest);
    container().append(this.#element);
    this.#resume();
  }

  /** Ends the notice's time now. */
  end() {
    if (!this.#element.isConnected) return;
    this.remove();
    this.#onEnd();
  }

  /** Removes the notice, and returns the focus to where it was before. */
  remove() {
    clearTimeout(this.#timer);
    clearTimeout(this.#limit);
    const hadFocus = this.#element.contains(document.activeElement);
    this.#element.remove();
    if (hadFocus) (this.#focusedBefore?.isConnected ? this.#focusedBefore : document.getElementById("main"))?.focus();
  }

  #pause({ type, relatedTarget }) {
    if (type === "focusin" && !this.#element.contains(relatedTarget)) this.#focusedBefore = relatedTarget;
    clearTimeout(this.#timer);
    if (this.#startedAt) this.#remaining -= Date.now() - this.#startedAt;
    this.#startedAt = null;
  }

  #resume() {
    if (this.#startedAt || this.#remaining === UNTIL_DISMISSED) return;
    this.#startedAt = Date.now();
    this.#timer = setTimeout(() => this.end(), Math.max(0, this.#remaining));
  }
}

/** Returns the element with the notices. It is in the dialog that is open, if any, because all else is covered and inert. */
function container() {
  const element = document.querySelector(".notices.is-floating");
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (element.parentElement === (dialog ?? document.body)) return element;
  (dialog ?? document.body).append(element);
  dialog?.addEventListener("close", () => document.body.append(element), { once: true });
  return element;
}
