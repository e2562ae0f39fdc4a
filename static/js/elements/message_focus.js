/**
 * The focus in the log. One message is a tab stop, and keys move it. The links and buttons of a message are tab stops only while the
 * focus is in it, as otherwise they would be more than a hundred. Screen readers reach them all the same.
 */

const TAB_STOPS = 'a[href], button, input, select, textarea, summary, audio[controls], video[controls], [tabindex="0"]';
const EXEMPT = ".msg, .room-event *, .command-answer *, .editor *, .tools *"; // an open editor remains a tab stop, and the toolbar has its own
const PAGE = 0.9; // of the height of the view

export class MessageFocus {
  #list;
  #scroll;
  #stop = null;

  /** `leave()` is called when Escape is pressed. */
  constructor({ list, scroll, leave }) {
    this.#list = list;
    this.#scroll = scroll;
    list.addEventListener("keydown", (event) => this.#handleKey(event, leave));
    list.addEventListener("focusin", ({ target }) => this.#enter(target.closest(".msg")));
    list.addEventListener("focusout", ({ target, relatedTarget }) => {
      const message = target.closest(".msg");
      if (message && !message.contains(relatedTarget)) removeTabStops(message);
    });
    // Files, edited texts and whatever else is drawn later must not become tab stops either.
    new MutationObserver((records) => this.#handleAdded(records)).observe(list, { childList: true, subtree: true });
  }

  /** Makes a message, or without one the last message, the tab stop. */
  makeTabStop(message = this.#last) {
    if (!message) return;
    if (this.#stop) this.#stop.tabIndex = -1;
    this.#stop = message;
    message.tabIndex = 0;
  }

  get hasFocus() {
    return this.#list.contains(document.activeElement);
  }

  get #last() {
    return messageFrom(this.#list.lastElementChild, "previousElementSibling");
  }

  #enter(message) {
    if (!message) return;
    this.makeTabStop(message);
    restoreTabStops(message);
  }

  #handleAdded(records) {
    const active = document.activeElement?.closest(".msg");
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE && !active?.contains(node)) removeTabStops(node);
  }

  #handleKey(event, leave) {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (key === "Escape") leave();
    else if (!target.matches(".msg") || !this.#move(key, target)) return;
    event.preventDefault();
  }

  /** Returns whether the key moves the focus. */
  #move(key, message) {
    if (key === "ArrowUp") this.#focus(messageFrom(message.previousElementSibling, "previousElementSibling"));
    else if (key === "ArrowDown") this.#focus(messageFrom(message.nextElementSibling, "nextElementSibling"));
    else if (key === "Home") this.#focus(messageFrom(this.#list.firstElementChild, "nextElementSibling"));
    else if (key === "End") this.#focus(this.#last);
    else if (key === "PageUp") this.#movePage(-1, message);
    else if (key === "PageDown") this.#movePage(1, message);
    else return false;
    return true;
  }

  /** Scrolls by a page, and focuses the message that comes to where the focused one was. A long message may still be there. */
  #movePage(step, message) {
    const before = this.#scroll.scrollTop;
    const page = step * PAGE * this.#scroll.clientHeight;
    const start = Math.max(message.getBoundingClientRect().top, this.#scroll.getBoundingClientRect().top);
    this.#scroll.scrollTop += page;
    const place = start + page - (this.#scroll.scrollTop - before);
    const next = [...this.#list.querySelectorAll(".msg")].find((each) => each.getBoundingClientRect().bottom > place + 1) ?? this.#last;
    if (next !== message) next.focus();
  }

  #focus(message) {
    message?.focus();
  }
}

/** Returns the element, or the next one in this direction that is a message. */
function messageFrom(element, direction) {
  while (element && !element.matches(".msg")) element = element[direction];
  return element;
}

function removeTabStops(root) {
  for (const element of [root, ...root.querySelectorAll(TAB_STOPS)]) {
    if (!element.matches(TAB_STOPS) || element.matches(EXEMPT) || element.tabIndex < 0) continue;
    element.dataset.tabindex = element.getAttribute("tabindex") ?? "";
    element.tabIndex = -1;
  }
}

function restoreTabStops(message) {
  for (const element of message.querySelectorAll("[data-tabindex]")) {
    if (element.dataset.tabindex) element.setAttribute("tabindex", element.dataset.tabindex);
    else element.removeAttribute("tabindex");
    delete element.dataset.tabindex;
  }
}
