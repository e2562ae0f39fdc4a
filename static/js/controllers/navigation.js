/** Navigation between rooms without loading the page (links, the back button, shortcuts and side sheets). */

import { pushAddress } from "chatsite/elements/back_button.js";
import { notify } from "chatsite/elements/notices.js";
import { closeSheet, openSheet } from "chatsite/elements/sheets.js";
import { parseRoomUrl, roomPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { hasUnread } from "chatsite/model/rooms.js";
import { localStore } from "chatsite/store/safe_storage.js";

const WIDE = matchMedia("(min-width: 70rem)");
const HOVER_DURATION = 80; // in milliseconds
const HIDDEN_INFO_KEY = "chatsite-hidden-room-info";

export class Navigation {
  #conversations;
  #sections;
  #jumpTo;
  #hover;

  /** `jumpTo(seq)` scrolls to a message of the open room, and returns whether it is loaded. */
  constructor({ conversations, sections, jumpTo }) {
    this.#conversations = conversations;
    this.#sections = sections;
    this.#jumpTo = jumpTo;
    addEventListener("popstate", () => {
      const target = parseRoomUrl(location.href);
      const isOpen = target?.room === this.#conversations.current?.room; // a panel over it has been closed
      if (target && (target.around || !isOpen)) this.go({ ...target, push: false });
    });
    document.addEventListener("click", (event) => this.#followLink(event));
    document.addEventListener("pointerover", ({ target }) => this.#watchHover(target));
    document.addEventListener("pointerdown", ({ target }) => this.#prefetch(target));
    document.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  /**
   * Opens a room: at message number `around`, at the newest message if `latest`, or where the user stopped reading. The URL changes
   * once the room is open, unless another room was opened first.
   */
  async go({ room, around = null, push = true, latest = false }) {
    if (around && this.#conversations.current?.room === room && this.#jumpTo(around)) {
      // From a panel, such as that of the mentions, so that the back button returns to it.
      if (push && !parseRoomUrl(location.href)) pushAddress(null, roomPath(room, around));
      return closeSheet();
    }
    try {
      if (!(await this.#conversations.open(room, { around, latest }))) return;
    } catch (error) {
      const text =
        error.status === 404
          ? gettext("This room doesn’t exist, or you don’t have access to it.")
          : gettext("Couldn’t open the room. %(reason)s", { reason: error.message });
      this.#restoreAddress();
      return notify(text, "is-error");
    }
    if (push && location.pathname !== roomPath(room, around)) pushAddress(null, roomPath(room, around));
  }

  /**
   * Opens the first room in the list, or none if there isn't any or it can't be loaded. The URL doesn't change unless `push`,
   * because a panel has its own.
   */
  async openFirstRoom({ push = true } = {}) {
    const { current } = this.#conversations;
    const [first] = this.#sections.all;
    if (first) await this.go({ room: first.id, push });
    if (this.#conversations.current !== current) return;
    if (push) history.replaceState(null, "", "/");
    this.#conversations.close();
  }

  /** The back button changes the URL before the room is open, and opening it may fail. */
  #restoreAddress() {
    const { current } = this.#conversations;
    if (current && parseRoomUrl(location.href)?.room !== current.room) history.replaceState(null, "", roomPath(current.room));
  }

  #followLink(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    const target = parseRoomUrl(link?.href ?? "about:blank");
    if (!target) return;
    event.preventDefault();
    // A link within the page, such as "Skip to conversation", doesn't change the URL, so that the back button works.
    if (link.hash) return document.getElementById(link.hash.slice(1))?.focus();
    this.go(target);
  }

  /** Requests a room once the pointer has been over it for a moment, because a click usually follows. */
  #watchHover(target) {
    clearTimeout(this.#hover);
    if (target.closest?.("a[data-room]")) this.#hover = setTimeout(() => this.#prefetch(target), HOVER_DURATION);
  }

  #prefetch(target) {
    const room = Number(target.closest?.("a[data-room]")?.dataset.room);
    if (room && room !== this.#conversations.current?.room) this.#conversations.prefetch(room);
  }

  #handleKey(event) {
    if (document.querySelector("dialog[open]")) return;
    if (event.shiftKey && (event.ctrlKey || event.metaKey) && event.code === "KeyF") {
      document.querySelector(".rooms__search[aria-keyshortcuts]").click();
      return event.preventDefault();
    }
    if (event.key === "?" && !event.target.closest("input, textarea, select")) document.getElementById("shortcuts").showModal();
    else if (event.altKey && event.key === "ArrowUp") this.#step(-1, event);
    else if (event.altKey && event.key === "ArrowDown") this.#step(1, event);
    else if (!(event.key === "Escape" && closeSheet())) return;
    event.preventDefault();
  }

  /** With Shift, goes to the next unread room. */
  #step(offset, { shiftKey }) {
    const isWanted = (room) => !shiftKey || hasUnread(room);
    const room = this.#sections.adjacent(this.#conversations.current?.room, offset, isWanted);
    if (room) this.go({ room: room.id });
  }
}

/**
 * `onInfo()` is called when the room details come into view. A thread takes their place: `leaveThread()` closes it, and returns whether
 * there was one.
 */
export function watchSheets({ onInfo, leaveThread }) {
  const app = document.querySelector(".app");
  const button = document.querySelector('[data-sheet="room-info"]');
  const drawButton = () => {
    const isShown = WIDE.matches && !app.matches(".is-without-info, .has-thread");
    button.setAttribute("aria-expanded", String(isShown));
  };
  const toggleInfo = (isShown) => {
    app.classList.toggle("is-without-info", !isShown);
    drawButton();
    localStore.setItem(HIDDEN_INFO_KEY, isShown ? "" : "1");
    if (isShown) onInfo();
  };
  toggleInfo(!localStore.getItem(HIDDEN_INFO_KEY));
  document.addEventListener("thread-toggle", drawButton);
  WIDE.addEventListener("change", () => {
    closeSheet();
    toggleInfo(!localStore.getItem(HIDDEN_INFO_KEY));
  });
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest?.("[data-sheet]");
    if (opener?.matches("button")) {
      const name = opener.dataset.sheet;
      const hadThread = name === "room-info" && leaveThread();
      if (name === "room-info" && WIDE.matches) return toggleInfo(hadThread || app.classList.contains("is-without-info"));
      openSheet(name, opener);
      if (name === "room-info") onInfo();
    } else if (target.closest?.("[data-sheet-close]") && !closeSheet()) toggleInfo(false);
  });
}
