/** <inbox-page>: what is unread and saved, worked through with keys. It works without this script, then without its keys. */

import { attempt } from "chatsite/elements/dialogs.js";
import { notifyUndoable } from "chatsite/elements/notices.js";
import { removeSaved } from "chatsite/elements/saved_removal.js";
import { gettext } from "chatsite/i18n.js";
import { hasUnread } from "chatsite/model/rooms.js";
import { fetchFragment, post } from "chatsite/net/http.js";

const PATH = "/inbox/";
const ITEMS = ".inbox__item, .saved";
const MAIN_LINK = ".inbox__room, .saved > .search-result";
const FORM = ".inbox__read, .saved__actions";
const FIELDS = "input, textarea, select";
const KEYS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

class InboxPage extends HTMLElement {
  /** By room: the number of the last message when the page was loaded. */
  #known = null;
  #onKey = (event) => this.#handleKey(event);

  connectedCallback() {
    document.addEventListener("keydown", this.#onKey);
    this.addEventListener("submit", (event) => this.#handleSubmit(event));
    this.addEventListener("click", ({ target }) => target.closest(".inbox__new") && this.#reload());
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
  }

  /** Removes conversations that have been read elsewhere, and offers to show new messages. `rooms`: all of the user's. */
  showRooms(rooms) {
    const all = [...rooms];
    const unread = new Map(all.filter(hasUnread).map((room) => [String(room.id), room]));
    this.#known ??= new Map(all.map((room) => [String(room.id), this.#seqOf(room) ?? room.last_seq]));
    const read = this.#items.filter(({ dataset: { room } }) => room && !unread.has(room));
    if (read.length) this.#remove(read);
    const isNew = ([id, room]) => room.last_seq > (this.#known.get(id) ?? 0);
    this.querySelector(".inbox__new").hidden = ![...unread].some(isNew);
  }

  get #items() {
    return [...this.querySelectorAll(ITEMS)];
  }

  get #current() {
    return document.activeElement?.closest?.(ITEMS) ?? null;
  }

  #seqOf({ id }) {
    const item = this.querySelector(`[data-room="${id}"]`);
    return item ? Number(item.dataset.seq) : undefined;
  }

  #handleKey(event) {
    const { key, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
    const dialog = [...document.querySelectorAll("dialog:modal")].at(-1) ?? null;
    if (target.matches?.(FIELDS) || dialog !== this.closest("dialog")) return;
    if (key in KEYS) this.#step(KEYS[key]);
    else if (key === "e" && this.#current) this.#current.querySelector(FORM).requestSubmit();
    else return;
    event.preventDefault();
  }

  #step(offset) {
    const items = this.#items;
    const index = items.indexOf(this.#current);
    const next = index < 0 ? 0 : Math.min(Math.max(index + offset, 0), items.length - 1);
    items[next]?.querySelector(MAIN_LINK).focus();
  }

  /** Notices with a button need the chat page around the panel. Elsewhere, the forms are submitted as usual. */
  #handleSubmit(event) {
    const { target: form } = event;
    if (!document.getElementById("notice") || !form.matches(FORM)) return;
    event.preventDefault();
    attempt(() => (form.matches(".inbox__read") ? this.#markRead(form) : this.#finish(form.closest(".saved"))));
  }

  async #markRead(form) {
    const { unread } = await (await post(PATH, new FormData(form))).json();
    const item = form.closest(ITEMS);
    if (item) this.#remove([item]);
    else await this.#reload();
    if (!unread) return;
    const undo = async () => {
      await post(PATH, { unread });
      await this.#reload();
    };
    notifyUndoable(gettext("Marked as read"), { undo: () => attempt(undo) });
  }

  async #finish(item) {
    await removeSaved(item.dataset.message, { onUndone: () => this.#reload() });
    this.#remove([item]);
  }

  /** Removes items, and moves the focus to the one after them if it was in one of them. */
  #remove(removed) {
    const items = this.#items;
    const index = removed.includes(this.#current) ? items.indexOf(this.#current) : -1;
    const isKept = (item) => !removed.includes(item);
    const next = index < 0 ? null : (items.slice(index).find(isKept) ?? items.findLast(isKept));
    for (const item of removed) item.remove();
    for (const group of this.querySelectorAll(".inbox__group")) if (!group.querySelector(ITEMS)) group.remove();
    if (next) next.querySelector(MAIN_LINK).focus();
    if (this.querySelector(".inbox__item")) return;
    const mayHaveMore = this.querySelector(".inbox__tools");
    if (mayHaveMore) this.#reload(); // more conversations, or that there are none
  }

  async #reload() {
    if (!this.isConnected) return;
    await attempt(async () => {
      const hadFocus = this.contains(document.activeElement) || document.activeElement === document.body;
      const { html } = await fetchFragment(PATH);
      const inbox = new DOMParser().parseFromString(html ?? "", "text/html").querySelector(".inbox");
      if (!inbox) throw new Error(gettext("Something went wrong on the server."));
      this.#known = null;
      this.querySelector(".inbox").replaceWith(document.importNode(inbox, true));
      if (hadFocus) (this.querySelector(MAIN_LINK) ?? this.closest("main"))?.focus();
    });
  }
}

customElements.define("inbox-page", InboxPage);
