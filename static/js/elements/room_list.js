/** <room-list>: the sidebar with rooms and direct messages in sections (see model/room_sections.js). The server draws it first. */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { drawOwnSections } from "chatsite/elements/own_sections.js";
import { clone } from "chatsite/elements/templates.js";
import { formatNumber, gettext, ngettext } from "chatsite/i18n.js";
import { presenceLabel, statusText } from "chatsite/model/presence.js";
import { hasUnread, isConversation, mentionCount, peopleIn, roomName } from "chatsite/model/rooms.js";

const MAX_UNREAD = 99;
const LONG_NAME = 20; // characters that fit into a row for certain

export class RoomList extends HTMLElement {
  #rows = new Map();
  #current = null;
  #model;

  /** Takes over the rows that the server drew. */
  connectedCallback() {
    for (const row of this.querySelectorAll("[data-list] > li")) {
      row.roomId = Number(row.firstElementChild.dataset.room);
      this.#rows.set(row.roomId, row);
    }
    this.addEventListener("keydown", (event) => this.#handleKey(event));
    this.addEventListener("click", ({ target }) => this.#handleClick(target));
    this.#list.addEventListener("scroll", () => this.#drawPills(), { passive: true });
    new ResizeObserver(() => this.#drawPills()).observe(this.#list); // also when the list is shown as a side sheet
  }

  /** `current` is the open room's id, or null. `markOf(room)` returns "draft" or "pending" for a room with unsent messages, or "". */
  draw(model, presence, current, markOf = () => "") {
    this.#model = model;
    const isOpened = current !== this.#current;
    this.#current = current;
    drawOwnSections(this.querySelector(".rooms__own"), model.own);
    const { sections } = model;
    for (const [name, rooms] of Object.entries(sections)) this.#drawList(name, rooms, { presence, current, markOf });
    const hasPeople = Object.values(sections).some((rooms) => rooms.some(isConversation));
    this.querySelector('[data-empty="people"]').toggleAttribute("hidden", hasPeople);
    this.#drawPreferences(model.preferences);
    if (isOpened) this.#rows.get(current)?.scrollIntoView({ block: "nearest" });
    const [total, count] = [this.querySelector("[data-online] .row__total"), formatNumber(presence.count)];
    if (total.textContent !== count) total.textContent = count;
    requestAnimationFrame(() => this.#drawPills());
  }

  /** Draws this user's name, presence state and status text. */
  drawMe(me, text, state) {
    drawAvatar(this.querySelector(".me .avatar"), me, state);
    this.querySelector(".me__name").textContent = me.name;
    this.querySelector(".me__state").textContent = text;
  }

  get #list() {
    return this.querySelector(".rooms__list");
  }

  #drawList(name, rooms, context) {
    const list = this.querySelector(`[data-list="${name}"]`);
    const ids = new Set(rooms.map(({ id }) => id));
    for (const row of [...list.children]) if (!ids.has(row.roomId)) row.remove();
    let next = list.firstElementChild;
    for (const room of rooms) {
      const row = this.#rowOf(room, context);
      if (row === next) next = next.nextElementSibling;
      else list.insertBefore(row, next);
    }
  }

  #rowOf(room, { presence, current, markOf }) {
    let row = this.#rows.get(room.id);
    if (!row) {
      row = createRow(room);
      this.#rows.set(room.id, row);
    }
    const state = room.peer && presence.stateOf(room.peer.id);
    const status = statusText(room.peer);
    const isCurrent = room.id === current;
    const mark = isCurrent ? "" : markOf(room);
    const { muted, kind, archived_at: archived, peer } = room;
    const isNew = Boolean(room.is_new && !isCurrent);
    const key = [roomName(room), badgeOf(room), isNew, muted, kind, state, status, isCurrent, archived, peer?.avatar, mark].join("|");
    if (row.key !== key) updateRow(row, room, { state, status, isCurrent, isNew, mark });
    row.key = key;
    return row;
  }

  #drawPreferences({ isByActivity, isUnreadFirst, folded }) {
    update(this, "data-folded", [...folded].join(" "));
    for (const button of this.querySelectorAll("[data-fold]")) {
      const isFolded = folded.has(button.dataset.fold);
      update(button, "aria-expanded", String(!isFolded));
      button.closest(".rooms__own > section")?.classList.toggle("is-folded", isFolded);
    }
    const checked = { name: !isByActivity, activity: isByActivity, unread: isUnreadFirst };
    for (const item of this.querySelectorAll("[data-sort]")) update(item, "aria-pressed", String(checked[item.dataset.sort]));
  }

  /** Shows how many unread rooms are above and below those in view. */
  #drawPills() {
    const { top, bottom, height } = this.#list.getBoundingClientRect();
    if (!height) return;
    const unread = [...this.#list.querySelectorAll(".room-row.is-unread")].map((row) => row.getBoundingClientRect());
    const hidden = { above: unread.filter((row) => row.height && row.bottom <= top), below: unread.filter((row) => row.top >= bottom) };
    for (const [place, rows] of Object.entries(hidden)) {
      const pill = this.querySelector(`[data-pill="${place}"]`);
      pill.toggleAttribute("hidden", !rows.length);
      const text = pill.querySelector("span");
      const label = ngettext("%(count)s unread", "%(count)s unread", rows.length);
      if (rows.length && text.textContent !== label) text.textContent = label;
    }
  }

  #handleClick(target) {
    const { fold } = target.closest("[data-fold]")?.dataset ?? {};
    const { sort } = target.closest("[data-sort]")?.dataset ?? {};
    const { pill } = target.closest("[data-pill]")?.dataset ?? {};
    if (fold) this.#model.toggleFold(fold);
    else if (sort === "unread") this.#model.update({ isUnreadFirst: !this.#model.preferences.isUnreadFirst });
    else if (sort) this.#model.update({ isByActivity: sort === "activity" });
    else if (pill) this.#scrollToUnread(pill);
  }

  #scrollToUnread(place) {
    const { top, bottom } = this.#list.getBoundingClientRect();
    const rows = [...this.#list.querySelectorAll(".room-row.is-unread")];
    const isHidden = (row) => (place === "above" ? row.getBoundingClientRect().bottom <= top : row.getBoundingClientRect().top >= bottom);
    const hidden = rows.filter(isHidden);
    (place === "above" ? hidden.at(-1) : hidden[0])?.scrollIntoView({ block: "center" });
  }

  /** Arrow keys move between rooms. */
  #handleKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey) return;
    const rows = [...this.querySelectorAll("a.room-row[data-room]")];
    const index = rows.indexOf(event.target);
    if (index < 0) return;
    rows[index + step]?.focus();
    event.preventDefault();
  }
}

/** Sets an attribute if it differs: setting it to the same value restyles all rows, which takes 5 ms for 300 of them. */
function update(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function unreadCount(room) {
  return room.muted ? 0 : room.unread;
}

/** Returns a text such as "3", or "@2" for the messages that mention the user. In a conversation, all are for them. */
function badgeOf(room) {
  if (isMentioning(room)) return `@${limited(mentionCount(room))}`;
  const unread = unreadCount(room) || mentionCount(room);
  return unread ? limited(unread) : "";
}

function isMentioning(room) {
  return !isConversation(room) && mentionCount(room) > 0;
}

function limited(count) {
  return count > MAX_UNREAD ? `${formatNumber(MAX_UNREAD)}+` : formatNumber(count);
}

function createRow(room) {
  const row = clone("room-row");
  row.roomId = room.id;
  const link = row.querySelector("a");
  link.href = room.url ?? `/rooms/${room.id}/`;
  link.dataset.room = room.id;
  return row;
}

function updateRow(row, room, { state, status, isCurrent, isNew, mark }) {
  const link = row.querySelector("a");
  for (const icon of row.querySelectorAll("[data-kind]")) icon.toggleAttribute("hidden", icon.dataset.kind !== room.kind);
  if (room.peer) drawAvatar(row.querySelector(".avatar"), room.peer, state);
  if (room.kind === "group") row.querySelector(".row__people").dataset.count = formatNumber(peopleIn(room).length);
  const name = roomName(room);
  row.querySelector(".row__name").textContent = name;
  if (name.length > LONG_NAME) link.title = name;
  else link.removeAttribute("title");
  link.classList.toggle("is-unread", hasUnread(room) || isNew);
  link.classList.toggle("is-muted", Boolean(room.muted));
  link.classList.toggle("is-archived", Boolean(room.archived_at));
  link.toggleAttribute("aria-current", isCurrent);
  if (isCurrent) link.setAttribute("aria-current", "page");
  row.querySelector(".bot-badge").hidden = !room.peer?.is_bot;
  row.querySelector(".row__status").textContent = status;
  link.setAttribute("aria-label", labelOf(room, { state, status, isNew, mark }));
  for (const icon of row.querySelectorAll("[data-mark]")) icon.toggleAttribute("hidden", icon.dataset.mark !== mark);
  row.querySelector(".row__new").hidden = !isNew;
  const count = row.querySelector(".count");
  count.textContent = badgeOf(room);
  count.hidden = !count.textContent;
  count.classList.toggle("is-direct", isConversation(room));
  count.classList.toggle("is-mention", isMentioning(room));
}

/** Returns what screen readers announce, such as "Design, private, 3 unread". */
function labelOf(room, { state, status, isNew, mark }) {
  const unread = unreadCount(room);
  const parts = [
    roomName(room),
    room.kind === "private" && gettext("private"),
    room.kind === "group" && gettext("group conversation"),
    room.peer?.is_bot && gettext("bot"),
    room.peer && presenceLabel(state),
    status,
    room.archived_at && gettext("archived"),
    room.muted && gettext("muted"),
    isNew && gettext("new"),
    isMentioning(room) && ngettext("%(count)s mention", "%(count)s mentions", mentionCount(room)),
    unread && ngettext("%(count)s unread", "%(count)s unread", unread),
    mark === "draft" && gettext("draft"),
    mark === "pending" && gettext("message not sent yet"),
  ];
  return parts.filter(Boolean).join(", ");
}

customElements.define("room-list", RoomList);
