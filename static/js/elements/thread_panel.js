/**
 * <thread-panel>: a thread, which is a part of the chat page. In wide windows, it is beside the conversation, in place of the room's
 * details. Otherwise it covers the conversation, like the side sheets.
 */

import { Panel } from "chatsite/elements/panel.js";

const BESIDE = matchMedia("(min-width: 62rem)"); // see thread-panel.css

/** Emits "thread-toggle", which bubbles, when it opens or closes. For other events, see `Panel`. */
export class ThreadPanel extends Panel {
  #opener = null;

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("click", ({ target }) => target === this && this.requestClose()); // on the scrim
    document.addEventListener("keydown", (event) => this.#handleKey(event));
    BESIDE.addEventListener("change", () => this.isOpen && this.#makeOthersInert());
  }

  get isOpen() {
    return !this.hidden;
  }

  /** Whether the conversation is under the thread. */
  get isCovering() {
    return this.isOpen && !BESIDE.matches;
  }

  focusComposer() {
    focusComposerIn(this);
  }

  reveal() {
    this.#opener = document.activeElement;
    this.#toggle(true);
    if (this.isCovering) this.querySelector("[data-panel-close]").focus();
  }

  contentOf(page) {
    return page.querySelector(".thread").outerHTML; // without <main>, of which the chat page has one
  }

  shown(body) {
    if (this.#isFocusFree) body.querySelector("h2").focus({ preventScroll: true });
  }

  close() {
    const hadFocus = this.#isFocusFree;
    this.#toggle(false);
    super.close();
    if (hadFocus) this.#returnFocus();
    this.#opener = null;
  }

  /** The focus is in the thread, still where the thread was opened, or nowhere. */
  get #isFocusFree() {
    const { activeElement: active } = document;
    return this.contains(active) || active === this.#opener || active === document.body;
  }

  #toggle(isShown) {
    this.#log.keepPlace(() => {
      this.hidden = !isShown;
      this.parentElement.classList.toggle("has-thread", isShown);
    });
    this.#makeOthersInert();
    this.dispatchEvent(new Event("thread-toggle", { bubbles: true }));
  }

  #makeOthersInert() {
    for (const part of this.parentElement.children) if (part !== this) part.inert = this.isCovering;
  }

  /** F6 goes to the thread, and with Shift back to the conversation. From either end, it leads to the browser's own controls. */
  #handleKey(event) {
    const { key, shiftKey, target, defaultPrevented } = event;
    if (!this.isOpen || defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const isInside = this.contains(target);
    if (key === "F6" && shiftKey === isInside && !this.isCovering) focusComposerIn(isInside ? this.#conversation : this);
    else if (key === "Escape" && (isInside || this.isCovering)) this.requestClose();
    else return;
    event.preventDefault();
  }

  #returnFocus() {
    if (this.#opener?.isConnected && this.#opener !== document.body) this.#opener.focus({ preventScroll: true });
    if (document.activeElement === document.body || this.contains(document.activeElement)) focusComposerIn(this.#conversation);
  }

  get #conversation() {
    return this.parentElement.querySelector("main");
  }

  get #log() {
    return this.#conversation.querySelector("message-log");
  }
}

/** Focuses the field for messages or, if the user can't post, the heading. */
function focusComposerIn(part) {
  const composer = part.querySelector("message-composer");
  if (composer?.isOpen) composer.focus();
  else part.querySelector(":is(h1, h2)[tabindex]")?.focus();
}

customElements.define("thread-panel", ThreadPanel);
