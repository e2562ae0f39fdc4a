/**
 * Opens the site's pages, such as settings and the people, in a panel over the conversation, with their own URLs in the address bar.
 *
 * The pages are the same as without JavaScript; the server leaves out their frame. The chat stays connected meanwhile.
 */

import "chatsite/elements/copy_link.js";
import "chatsite/elements/password_field.js";
import "chatsite/elements/text_limit.js";
import { countCovers, pushAddress } from "chatsite/elements/back_button.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { notify, notifyUndoable } from "chatsite/elements/notices.js";
import { isPanelUrl, parseRoomUrl, roomPath } from "chatsite/format/paths.js";
import { fetchFragment, post } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

export class Panels {
  #panel;
  #openRoom;
  #currentRoom;
  #lastRequest = 0;
  #depth = 0; // the number of history entries of the open panel
  #room = null; // the path of the room over which it was opened
  #retry = () => {};

  /** `openRoom({room, around})` opens a room. `currentRoom()` returns the open room's path. */
  constructor({ panel, openRoom, currentRoom }) {
    this.#panel = panel;
    this.#openRoom = openRoom;
    this.#currentRoom = currentRoom;
    panel.addEventListener("panel-submit", ({ detail }) => this.#submit(detail));
    panel.addEventListener("panel-close", () => this.#leave());
    panel.addEventListener("panel-retry", () => this.#retry());
    document.addEventListener("click", (event) => this.#followLink(event), { capture: true });
    addEventListener("popstate", () => this.#followHistory());
  }

  get isOpen() {
    return this.#panel.querySelector("dialog").open;
  }

  /** Opens a page, or loads it again. */
  open(url) {
    const address = new URL(url, location.href);
    for (const dialog of document.querySelectorAll("dialog[open]")) if (!this.#panel.contains(dialog)) dialog.close();
    if (!this.#depth) this.#room = this.#currentRoom();
    if (address.href !== location.href) {
      pushAddress({ panel: true }, address);
      this.#depth += 1;
    }
    return this.#load(address.href);
  }

  /** Closes the panel without changing the URL, because another one follows. */
  close() {
    this.#lastRequest += 1;
    this.#depth = 0;
    if (this.isOpen) this.#panel.close();
  }

  /** Closes a page of a room to which this user no longer has access. If they left the room there, its response says what follows. */
  leaveRoom(room) {
    if (!this.isOpen || this.#panel.isBusy || !location.pathname.startsWith(roomPath(room))) return;
    if (this.#currentRoom() !== roomPath(room)) return this.#leave();
    this.close();
    history.replaceState(null, "", "/"); // another room follows
  }

  /** Closes the panel and restores the URL of the conversation. */
  #leave() {
    const depth = this.#depth && this.#depth + countCovers();
    this.close();
    if (depth && this.#room === this.#currentRoom()) history.go(-depth);
    else history.replaceState(null, "", this.#currentRoom());
  }

  /** The code of the panel is loaded when it is first used. */
  async #load(url, options) {
    const request = ++this.#lastRequest;
    this.#retry = () => this.#load(url, options);
    try {
      await loadModule("chatsite/elements/page_panel.js");
    } catch (error) {
      return this.#giveUp(error);
    }
    this.#panel.open();
    this.#panel.isBusy = true;
    try {
      const answer = await fetchFragment(url, options);
      if (request !== this.#lastRequest) return;
      if (answer.location) return this.#redirect(answer, url);
      await this.#panel.show(answer.html);
      const { hash } = new URL(url);
      if (hash) this.#panel.scrollTo(hash.slice(1));
    } catch (error) {
      if (request === this.#lastRequest) this.#panel.showError(error.message);
    } finally {
      if (request === this.#lastRequest) this.#panel.isBusy = false;
    }
  }

  #giveUp(error) {
    history.back();
    notify(error.message, "is-error");
  }

  #submit({ url, body }) {
    return body ? this.#load(url, { body }) : this.open(url);
  }

  /** Follows the server's redirect from `url`: to another page in the panel, to a room, or away from the chat. */
  #redirect({ location: target, notices }, url) {
    const room = parseRoomUrl(target);
    if (!room && !isPanelUrl(target)) return location.assign(target);
    for (const { text, level, undo } of notices) {
      if (undo) this.#offerUndo(text, undo);
      else notify(text, level === "error" || level === "warning" ? `is-${level}` : "");
    }
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
      if (this.isOpen) this.open(location.href);
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
    } else if (this.isOpen && this.#panel.contains(link) && parseRoomUrl(link.href)) this.#followRoomLink(event, link);
  }

  #followRoomLink(event, link) {
    if (new URL(link.href).pathname === this.#currentRoom()) {
      event.preventDefault();
      event.stopPropagation();
      return this.#leave();
    }
    this.close(); // Navigation opens the room
  }

  #followHistory() {
    this.#depth = Math.max(0, this.#depth - 1);
    if (isPanelUrl(location.href)) this.#load(location.href);
    else this.close();
  }
}
