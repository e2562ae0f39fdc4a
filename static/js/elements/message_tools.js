/** The tools of a message: on hover and focus a toolbar, on a right click, a key or a long press a menu, and a swipe to reply. */

import { ActionMenu } from "chatsite/elements/action_menu.js";
import { isEditing } from "chatsite/elements/message_editor.js";
import { clone } from "chatsite/elements/templates.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { frequentEmoji } from "chatsite/store/frequent_emoji.js";

/** Here, a right click or a long press opens the browser's own menu. */
const WITH_OWN_MENU = "a, img, video, audio, input, textarea, select";

/** In milliseconds after the log was scrolled, as the toolbar would otherwise move with every message under the mouse. */
const SCROLL_REST = 120;

const MOST = 3; // tools in the toolbar, besides "More actions"
const FREQUENT = 6; // emoji in the menu

const runners = new WeakMap(); // functions that run an action, by log
let sharedMenu = null;

/**
 * `allowed(message)` returns the Set of a message's tools. `act(action, message, element, button)` is called when one is used, with
 * the message's element, and the button that was clicked, if any.
 */
export function watchMessageTools(log, { allowed, act }) {
  const allowedOn = (element) => {
    const message = element && !isEditing(element) && log.messageAt(element);
    return message ? allowed(message) : new Set();
  };
  const run = (action, element, button = element) => {
    const message = action && log.messageAt(element);
    if (message) act(action, message, element.closest(".msg"), button);
  };
  runners.set(log, run);
  const menu = openMenu();
  const tools = new Toolbar(allowedOn);
  log.addEventListener("log-drawn", () => tools.update());
  watchPointer(log, tools, menu, allowedOn);
  watchKeys(log, tools, menu, { allowedOn, run });
  if (navigator.maxTouchPoints) addGestures(log, menu, { allowedOn, run });
  log.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    const element = target.closest(".msg");
    if (action === "more") menu.open(element, allowedOn(element), target.closest("button"));
    else run(action, target, target.closest("button"));
  });
}

/** Returns the menu that all logs share. */
function openMenu() {
  const run = (action, element, button) => runners.get(element.closest("message-log"))?.(action, element, button);
  sharedMenu ??= new ActionMenu("message-menu", run, drawFrequentEmoji);
  return sharedMenu;
}

/** Offers the emoji that are used most in a row of the menu. */
function drawFrequentEmoji(menu) {
  const row = menu.querySelector("[data-frequent]");
  row.querySelectorAll("[data-emoji]").forEach((button) => button.remove());
  row.prepend(...frequentEmoji(FREQUENT).map(createEmojiItem));
}

function createEmojiItem(emoji) {
  const button = Object.assign(document.createElement("button"), { type: "button", role: "menuitem", tabIndex: -1, textContent: emoji });
  Object.assign(button.dataset, { action: "toggle-reaction", emoji });
  return button;
}

/** Loads the code for gestures, which computers without a touch screen don't need. Tries again when the log is next touched. */
async function addGestures(log, menu, { allowedOn, run }) {
  const { watchTouch } = await loadModule("chatsite/elements/message_touch.js").catch(() => ({}));
  const again = () => addGestures(log, menu, { allowedOn, run });
  if (!watchTouch) return log.addEventListener("touchstart", again, { once: true, passive: true });
  watchTouch(log, {
    isIgnored: (target) => Boolean(target.closest(WITH_OWN_MENU)),
    onLongPress: (element) => menu.open(element, allowedOn(element)),
    canSwipe: (element) => allowedOn(element).has("reply"),
    onSwipe: (element) => run("reply", element),
  });
}

/** The toolbar, which moves to the message that is hovered or focused. */
class Toolbar {
  element = clone("message-tools");
  #allowedOn;
  #message = null;

  constructor(allowedOn) {
    this.#allowedOn = allowedOn;
    this.element.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  show(element) {
    if (!element) return;
    this.#message = element;
    const names = this.#allowedOn(element);
    if (!names.size) return this.element.remove();
    const [more] = this.#buttons.slice(-1);
    const shown = this.#buttons.filter((button) => names.has(button.dataset.action)).slice(0, MOST);
    for (const button of this.#buttons) button.hidden = button !== more && !shown.includes(button);
    if (this.element.parentElement !== element) element.append(this.element);
    const isFocused = element.contains(document.activeElement);
    if (!this.element.contains(document.activeElement)) this.#makeTabStop(isFocused ? this.#shown[0] : null);
  }

  /** The message may have been sent, edited or deleted while the mouse or the focus stayed on it. */
  update() {
    if (this.#message?.isConnected && !this.element.matches(":focus-within")) this.show(this.#message);
  }

  hide() {
    this.#message = null;
    this.element.remove();
  }

  /** The toolbar remains where the mouse is, but is a tab stop only while the focus is in its message. */
  blur() {
    if (this.element.parentElement?.matches(":hover")) this.#makeTabStop(null);
    else this.hide();
  }

  get #buttons() {
    return [...this.element.firstElementChild.children];
  }

  get #shown() {
    return this.#buttons.filter(({ hidden }) => !hidden);
  }

  #makeTabStop(button) {
    for (const each of this.#buttons) each.tabIndex = each === button ? 0 : -1;
  }

  #handleKey(event) {
    const shown = this.#shown;
    const forward = getComputedStyle(this.element).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const index = shown.indexOf(event.target);
    const next = {
      Home: shown[0],
      End: shown.at(-1),
      ArrowRight: shown.at((index + (forward === "ArrowRight" ? 1 : -1)) % shown.length),
      ArrowLeft: shown.at((index + (forward === "ArrowLeft" ? 1 : -1)) % shown.length),
      Escape: this.element.closest(".msg"),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") this.#makeTabStop(next);
    next.focus();
  }
}

function watchPointer(log, tools, menu, allowedOn) {
  const isMouse = ({ pointerType }) => pointerType === "mouse";
  let [pointer, wasSelected, scrolledAt, timer] = ["mouse", false, -Infinity, null];
  log.addEventListener("scroll", () => (scrolledAt = performance.now()), { capture: true, passive: true });
  log.addEventListener("pointerover", (event) => {
    if (!isMouse(event)) return;
    const element = event.target.closest(".msg");
    clearTimeout(timer);
    const delay = scrolledAt + SCROLL_REST - performance.now();
    if (delay <= 0) return tools.show(element);
    timer = setTimeout(() => element?.matches(":hover") && tools.show(element), delay);
  });
  log.addEventListener("pointerleave", (event) => isMouse(event) && !tools.element.matches(":focus-within") && tools.hide());
  log.addEventListener("pointerdown", (event) => {
    pointer = event.pointerType;
    wasSelected = isSelected(event.target); // on macOS, the right click itself selects a word
    if (!isMouse(event) && !tools.element.contains(event.target)) tools.hide();
  });
  log.addEventListener("contextmenu", (event) => {
    const element = event.target.closest(".msg");
    const names = allowedOn(element);
    if (!names.size || event.shiftKey || wasSelected || event.target.closest(WITH_OWN_MENU)) return;
    event.preventDefault();
    if (pointer === "mouse") menu.open(element, names, { x: event.clientX, y: event.clientY });
  });
}

/** The keys shown in a message's menu also work while the message has the focus. */
function watchKeys(log, tools, menu, { allowedOn, run }) {
  log.addEventListener("focusin", ({ target }) => {
    if (!tools.element.contains(target) && target.matches(":focus-visible")) tools.show(target.closest(".msg"));
  });
  log.addEventListener("focusout", ({ relatedTarget }) => {
    if (!tools.element.parentElement?.contains(relatedTarget) && !relatedTarget?.closest("dialog")) tools.blur();
  });
  log.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!target.matches(".msg") || event.ctrlKey || event.metaKey || event.altKey) return;
    const names = allowedOn(target);
    const opensMenu = key === "ContextMenu" || key === "Enter" || (key === "F10" && event.shiftKey);
    const action = !opensMenu && (!event.shiftKey || key === "+") && menu.actionOfKey(key, names);
    if (!names.size || !(opensMenu || action)) return;
    event.preventDefault();
    if (opensMenu) menu.open(target, names, target.querySelector(".msg__main"));
    else run(action, target);
  });
}

function isSelected(target) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(target, true);
}
