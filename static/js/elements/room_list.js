/** <room-list>: the sidebar with rooms and direct messages, and a field for searching them. */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { openSheet } from "chatsite/elements/sheets.js";
import { clone } from "chatsite/elements/templates.js";
import { formatNumber, gettext, ngettext } from "chatsite/i18n.js";
import { presenceLabel, statusText } from "chatsite/model/presence.js";
import { roomName } from "chatsite/model/rooms.js";

const MAX_UNREAD = 99;

export class RoomList extends HTMLElement {
  #rows = new Map();
  #search;
  #drawn = null;
  #current = null;

  connectedCallback() {
    this.#search = this.querySelector("#jump");
    this.#search.addEventListener("input", () => this.#redraw());
    this.addEventListener("keydown", (event) => this.#handleKey(event));
    this.addEventListener("click", ({ target }) => target.closest("a.row[data-room]") && this.#clearSearch());
  }

  /** `current` is the open room's id, or null. */
  draw(rooms, presence, current) {
    this.#drawn = [rooms, presence, current];
    const isOpened = current !== this.#current;
    this.#current = current;
    const { rooms: groupRooms, people } = rooms.list(this.#search.value);
    this.#drawList("rooms", groupRooms, presence, current);
    this.#drawList("people", people, presence, current);
    if (isOpened) this.#rows.get(current)?.scrollIntoView({ block: "nearest" });
    this.querySelector("[data-online] .row__total").textContent = formatNumber(presence.count);
    const isSearching = Boolean(this.#search.value);
    this.querySelector('[data-empty="people"]').hidden = people.length > 0 || isSearching;
    this.querySelector('[data-empty="search"]').hidden = !isSearching || groupRooms.length + people.length > 0;
  }

  /** Draws this user's name, presence state and status text. */
  drawMe(me, text, state) {
    drawAvatar(this.querySelector(".me .avatar"), me, state);
    this.querySelector(".me__name").textContent = me.name;
    this.querySelector(".me__state").textContent = text;
  }

  /** Focuses the search field, and opens the side sheet if the field is hidden. */
  focusSearch() {
    if (!this.checkVisibility()) openSheet("rooms");
    this.#search.focus();
    this.#search.select();
  }

  #redraw() {
    if (this.#drawn) this.draw(...this.#drawn);
  }

  #drawList(name, rooms, presence, current) {
    const list = this.querySelector(`[data-list="${name}"]`);
    list.parentElement.classList.toggle("has-no-matches", Boolean(this.#search.value) && !rooms.length);
    const ids = new Set(rooms.map(({ id }) => id));
    for (const row of [...list.children]) if (!ids.has(row.roomId)) row.remove();
    let next = list.firstElementChild;
    for (const room of rooms) {
      const row = this.#rowOf(room, presence, current);
      if (row === next) next = next.nextElementSibling;
      else list.insertBefore(row, next);
    }
  }

  #rowOf(room, presence, current) {
    let row = this.#rows.get(room.id);
    if (!row) {
      row = createRow(room);
      this.#rows.set(room.id, row);
    }
    const state = room.peer && presence.stateOf(room.peer.id);
    const status = statusText(room.peer);
    const isCurrent = room.id === current;
    const { muted, kind, archived_at: archived, peer } = room;
    const key = [roomName(room), unreadCount(room), muted, kind, state, status, isCurrent, archived, peer?.avatar].join("|");
    if (row.key !== key) updateRow(row, room, { state, status, isCurrent });
    row.key = key;
    return row;
  }

  #handleKey(event) {
    if (event.key === "Escape" && this.#search.value) this.#clearSearch();
    else if (event.key === "Enter" && event.target === this.#search) this.querySelector("a.row[data-room]")?.click();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#moveFocus(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #moveFocus(event) {
    if (event.altKey) return;
    const stops = [this.#search, ...this.querySelectorAll("a.row[data-room]")];
    stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }

  #clearSearch() {
    if (!this.#search.value) return;
    this.#search.value = "";
    this.#redraw();
  }
}

function unreadCount(room) {
  return room.muted ? 0 : room.unread;
}

function createRow(room) {
  const row = clone("room-row");
  row.roomId = room.id;
  const link = row.querySelector("a");
  link.href = room.url ?? `/rooms/${room.id}/`;
  link.dataset.room = room.id;
  return row;
}

function updateRow(row, room, { state, status, isCurrent }) {
  const link = row.querySelector("a");
  for (const icon of row.querySelectorAll("[data-kind]")) icon.toggleAttribute("hidden", icon.dataset.kind !== room.kind);
  if (room.peer) drawAvatar(row.querySelector(".avatar"), room.peer, state);
  row.querySelector(".row__name").textContent = roomName(room);
  const unread = unreadCount(room);
  link.classList.toggle("is-unread", unread > 0);
  link.classList.toggle("is-muted", Boolean(room.muted));
  link.classList.toggle("is-archived", Boolean(room.archived_at));
  link.toggleAttribute("aria-current", isCurrent);
  if (isCurrent) link.setAttribute("aria-current", "page");
  row.querySelector(".row__status").textContent = status;
  row.querySelector(".row__description").textContent = descriptionOf(room, state);
  const count = row.querySelector(".count");
  count.hidden = !unread;
  count.classList.toggle("is-direct", room.kind === "direct");
  count.textContent = unread > MAX_UNREAD ? `${formatNumber(MAX_UNREAD)}+` : formatNumber(unread);
}

/** Returns a description such as ", private, muted", which screen readers announce after the name. */
function descriptionOf(room, state) {
  const unread = unreadCount(room);
  const parts = [
    room.kind === "private" && gettext("private"),
    room.peer && presenceLabel(state),
    room.archived_at && gettext("archived"),
    room.muted && gettext("muted"),
    unread && ngettext("%(count)s unread", "%(count)s unread", unread),
  ];
  return parts.filter(Boolean).map((part) => `, ${part}`).join("");
}

customElements.define("room-list", RoomList);
