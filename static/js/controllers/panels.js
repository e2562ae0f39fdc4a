/**
 * Opens threads beside the conversation, and the site's other pages, such as settings and the people, in a panel over it, with their own
 * URLs in the address bar.
 *
 * The pages are the same as without JavaScript; the server leaves out their frame. The chat stays connected meanwhile.
 */

import "chatsite/elements/copy_link.js";
import "chatsite/elements/password_field.js";
import "chatsite/elements/text_limit.js";
import { countCovers, pushAddress } from "chatsite/elements/back_button.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { notify, notifyUndoable } from "chatsite/elements/notices.js";
import { PanelLoader } from "chatsite/controllers/panel_loader.js";
import { isPanelUrl, parseRoomUrl, parseThreadUrl, roomPath } from "chatsite/format/paths.js";
import { post } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

/**
 * The state of a panel's history entry: `depth` and `pages` are the numbers of entries to go back to close all panels, or the pages
 * only, `room` the room that was open, and `thread` the URL of the thread under a page.
 */
const CLOSED = { depth: 0, pages: 0, room: null, thread: null };

export class Panels {
  #page;
  #thread;
  #openRoom;
  #conversations;
  #lastRoom = null;

  /** `openRoom({room, around, push})` opens a room. */
  constructor({ pagePanel, threadPanel, openRoom, conversations }) {
    const redirect = (...args) => this.#redirect(...args);
    this.#page = new PanelLoader({ panel: pagePanel, define: () => loadModule("chatsite/elements/page_panel.js"), redirect });
    this.#thread = new PanelLoader({ panel: threadPanel, define: () => loadModule("chatsite/elements/thread_panel.js"), redirect });
    this.#openRoom = openRoom;
    this.#conversations = conversations;
    for (const [panel, loader] of [[pagePanel, this.#page], [threadPanel, this.#thread]]) {
      panel.addEventListener("panel-submit", ({ detail }) => this.#submit(loader, detail));
      panel.addEventListener("panel-close", () => this.#leave(loader));
    }
    document.addEventListener("click", (event) => this.#followLink(event), { capture: true });
    addEventListener("popstate", () => this.#followHistory());
    conversations.addEventListener("opened", () => this.#handleRoom());
  }

  /** True if a page or a thread covers the conversation. */
  get isOpen() {
    return this.#page.isOpen || this.#thread.isCovering;
  }

  /** True if the focus belongs to a page or a thread. */
  get hasFocus() {
    return this.isOpen || this.#thread.contains(document.activeElement);
  }

  /** Opens a page or a thread, or loads it again. */
  open(url) {
    const address = new URL(url, location.href);
    for (const dialog of document.querySelectorAll("dialog[open]")) if (!this.#page.contains(dialog)) dialog.close();
    if (address.href !== location.href) this.#push(address);
    if (address.href === this.#thread.url) this.#thread.focus();
    return this.#show(address.href, history.state);
  }

  /** Closes what covers the conversation without changing the URL, because another one follows. */
  close() {
    this.#page.close();
    if (this.#thread.isCovering) this.#thread.close();
  }

  /** Closes the thread beside the conversation. Returns whether there was one. */
  leaveThread() {
    if (!this.#thread.isOpen) return false;
    this.#leave(this.#thread);
    return true;
  }

  /** Closes pages of a room to which this user no longer has access. If they left the room there, its response says what follows. */
  leaveRoom(room) {
    for (const loader of [this.#page, this.#thread]) {
      if (!loader.isOpen || loader.isBusy || !new URL(loader.url).pathname.startsWith(roomPath(room))) continue;
      if (this.#conversations.current?.room !== room) this.#leave(loader);
      else {
        loader.close();
        if (isPanelUrl(location.href)) history.replaceState(null, "", "/"); // another room follows
      }
    }
  }

  /** The state of the current history entry. */
  get #state() {
    return isPanelUrl(location.href) ? { ...CLOSED, ...history.state } : CLOSED;
  }

  #push(address) {
    const { depth, pages } = this.#state;
    const thread = this.#thread.url;
    if (thread && !isPanelUrl(location.href)) history.replaceState({ ...history.state, thread }, ""); // so that it is still there after going back
    const room = this.#conversations.current?.room ?? null;
    const isThread = parseThreadUrl(address);
    pushAddress({ depth: depth + 1, pages: isThread ? 0 : pages + 1, room, thread: isThread ? null : thread }, address);
  }

  /** Shows the page or thread with this URL. A page is over the conversation and the thread beside it. */
  #show(url, state) {
    const isThread = parseThreadUrl(url);
    const thread = isThread ? url : (state?.thread ?? null);
    if (!thread) this.#thread.close();
    if (isThread || !isPanelUrl(url)) this.#page.close();
    const loading = thread && thread !== this.#thread.url && this.#thread.load(thread);
    return isThread || !isPanelUrl(url) ? loading : this.#page.load(url);
  }

  /** Closes the panel, and restores the URL of what is under it. */
  #leave(loader) {
    const { depth, pages, room } = this.#state;
    const count = loader === this.#page ? pages : depth;
    loader.close();
    if (!isPanelUrl(location.href)) return; // the conversation has had another URL since
    if (count && room === (this.#conversations.current?.room ?? null)) history.go(-(count + countCovers()));
    else history.replaceState(null, "", this.#roomPath);
  }

  get #roomPath() {
    const { current } = this.#conversations;
    return current ? roomPath(current.room) : "/";
  }

  /** A thread closes when another room is opened, unless it is the thread's own. */
  #handleRoom() {
    const room = this.#conversations.current?.room ?? null;
    if (room !== this.#lastRoom && this.#thread.isOpen && parseThreadUrl(this.#thread.url) !== room) this.#thread.close();
    this.#lastRoom = room;
  }

  #submit(loader, { url, body }) {
    return body ? loader.load(url, { body }) : this.open(url);
  }

  /** Follows the server's redirect from `url`: to another page in the panel, to a room, or away from the chat. */
  #redirect({ location: target, notices }, url) {
    const room = parseRoomUrl(target);
    if (!room && !isPanelUrl(target)) return location.assign(target);
    for (const { text, level, undo } of notices) {
      if (undo) this.#offerUndo(text, undo);
      else notify(text, level === "error" || level === "warning" ? `is-${level}` : "");
    }
    if (parseThreadUrl(url)) history.replaceState(history.state, "", target); // a reply's URL leads to its thread
    if (!room) return this.open(target);
    // The room takes the form's place in the history, so that the back button doesn't open that again.
    if (url === location.href && !countCovers()) history.replaceState(null, "", target);
    this.close();
    this.#openRoom(room);
  }

  /** The panel may be closed, or show another page, by the time that the button is used. */
  #offerUndo(text, { url, fields }) {
    const undo = async () => {
      const response = await post(url, fields);
      notify((await response.json()).detail);
      if (this.#page.isOpen) this.open(location.href);
    };
    notifyUndoable(text, { undo: () => attempt(undo) });
  }

  #followLink(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.hasAttribute("download") || "online" in link.dataset) return;
    if (isPanelUrl(link.href)) {
      event.preventDefault();
      event.stopPropagation();
      this.open(link.href);
    } else if (this.#contains(link) && parseRoomUrl(link.href)) this.#followRoomLink(event, link);
  }

  /** Returns whether a link is in a panel that covers the conversation. */
  #contains(link) {
    return (this.#page.isOpen && this.#page.contains(link)) || (this.#thread.isCovering && this.#thread.contains(link));
  }

  #followRoomLink(event, link) {
    if (new URL(link.href).pathname !== this.#roomPath) return this.close(); // Navigation opens the room
    event.preventDefault();
    event.stopPropagation();
    this.#leave(this.#page.isOpen ? this.#page : this.#thread);
  }

  #followHistory() {
    const room = parseThreadUrl(location.href);
    const { state } = history;
    const isElsewhere = room && state?.room === room && this.#conversations.current?.room !== room;
    if (isElsewhere) this.#openRoom({ room, push: false });
    this.#show(location.href, state);
  }
}
