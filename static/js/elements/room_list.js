/** <room-list>: the sidebar. Draws the rows of rooms and people, and finds one by a few letters. */

import { presenceLabel } from "chatsite/model/presence.js";
import { roomName } from "chatsite/model/rooms.js";
import { statusText } from "chatsite/model/status.js";
import { fillFace } from "chatsite/elements/avatar.js";
import { openSheet } from "chatsite/elements/sheets.js";
import { clone } from "chatsite/elements/templates.js";

export class ChatRooms extends HTMLElement {
  #rows = new Map();
  #jump;
  #drawn = null;

  connectedCallback() {
    this.#jump = this.querySelector("#jump");
    this.#jump.addEventListener("input", () => this.#redraw());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", ({ target }) => target.closest("a.row[data-room]") && this.#found());
  }

  /** `presence` says who is here, `current` is the open room's id or null. */
  draw(rooms, presence, current) {
    this.#drawn = [rooms, presence, current];
    const { rooms: places, people } = rooms.list(this.#jump.value);
    this.#list("rooms", places, presence, current);
    this.#list("people", people, presence, current);
    const asked = Boolean(this.#jump.value);
    this.querySelector('[data-empty="people"]').hidden = people.length > 0 || asked;
    this.querySelector('[data-empty="search"]').hidden = !asked || places.length + people.length > 0;
  }

  /** Who one is, and how the line is, in words; `state` as others are marked. */
  sayState(me, words, state) {
    fillFace(this.querySelector(".me .avatar"), me, state);
    this.querySelector(".me__name").textContent = me.name;
    this.querySelector(".me__state").textContent = words;
  }

  /** Puts the cursor into the search field, wherever that is now. */
  find() {
    if (!this.checkVisibility()) openSheet("rooms");
    this.#jump.focus();
    this.#jump.select();
  }

  #redraw() {
    if (this.#drawn) this.draw(...this.#drawn);
  }

  #list(name, listed, presence, current) {
    const list = this.querySelector(`[data-list="${name}"]`);
    list.parentElement.classList.toggle("has-no-matches", Boolean(this.#jump.value) && !listed.length);
    const wanted = new Set(listed.map(({ id }) => id));
    for (const row of [...list.children]) if (!wanted.has(row.roomId)) row.remove();
    let place = list.firstElementChild;
    for (const room of listed) {
      const row = this.#row(room, presence, current);
      if (row === place) place = place.nextElementSibling;
      else list.insertBefore(row, place);
    }
  }

  #row(room, presence, current) {
    let row = this.#rows.get(room.id);
    if (!row) {
      row = makeRow(room);
      this.#rows.set(room.id, row);
    }
    const state = room.peer && presence.stateOf(room.peer.id);
    const said = statusText(room.peer);
    const look = [roomName(room), newsIn(room), room.muted, room.kind, state, said, room.id === current, room.archived_at, room.peer?.avatar].join("|");
    if (row.look !== look) fillRow(row, room, { state, said, isCurrent: room.id === current });
    row.look = look;
    return row;
  }

  #key(event) {
    if (event.key === "Escape" && this.#jump.value) this.#found();
    else if (event.key === "Enter" && event.target === this.#jump) this.querySelector("a.row[data-room]")?.click();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#walk(event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #walk(event) {
    if (event.altKey) return;
    const stops = [this.#jump, ...this.querySelectorAll("a.row[data-room]")];
    stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }

  #found() {
    if (!this.#jump.value) return;
    this.#jump.value = "";
    this.#redraw();
  }
}

function newsIn(room) {
  return room.muted ? 0 : room.unread;
}

function makeRow(room) {
  const row = clone("room-row");
  row.roomId = room.id;
  const link = row.querySelector("a");
  link.href = room.url ?? `/rooms/${room.id}/`;
  link.dataset.room = room.id;
  return row;
}

function fillRow(row, room, { state, said, isCurrent }) {
  const link = row.querySelector("a");
  for (const sign of row.querySelectorAll("[data-kind]")) sign.toggleAttribute("hidden", sign.dataset.kind !== room.kind);
  if (room.peer) fillFace(row.querySelector(".avatar"), room.peer, state);
  row.querySelector(".row__name").textContent = roomName(room);
  const news = newsIn(room);
  link.classList.toggle("is-unread", news > 0);
  link.classList.toggle("is-muted", Boolean(room.muted));
  link.classList.toggle("is-archived", Boolean(room.archived_at));
  link.toggleAttribute("aria-current", isCurrent);
  if (isCurrent) link.setAttribute("aria-current", "page");
  row.querySelector(".row__status").textContent = said;
  row.querySelector(".row__description").textContent = wordsFor(room, state);
  const count = row.querySelector(".count");
  count.hidden = !news;
  count.classList.toggle("is-direct", room.kind === "direct");
  count.textContent = news > 99 ? "99+" : news;
}

function wordsFor(room, state) {
  const words = [];
  if (room.kind === "private") words.push("private");
  if (room.peer) words.push(presenceLabel(state));
  if (room.archived_at) words.push("archived");
  if (room.muted) words.push("muted");
  if (newsIn(room)) words.push(`${newsIn(room)} unread`);
  return words.length ? `, ${words.join(", ")}` : "";
}

customElements.define("room-list", ChatRooms);
