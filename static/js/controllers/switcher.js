/** Fills the quick switcher with rooms, people, settings and commands, from the page and from the server. */

import { notify } from "chatsite/elements/dialogs.js";
import { gettext } from "chatsite/i18n.js";
import { roomName } from "chatsite/model/rooms.js";
import { findEntries, findRooms, suggestRooms } from "chatsite/model/switcher.js";
import { getJson } from "chatsite/net/http.js";

const PAUSE = 120; // in milliseconds, while someone is typing
const MAX_VISITED = 50;
const ICONS = { public: "hash", private: "lock" };

export class Switcher {
  #element;
  #rooms;
  #presence;
  #currentRoom;
  #openRoom;
  #openPerson;
  #entries;
  #visited = [];
  #remote = { people: [], rooms: [] };
  #isSearching = false;
  #timer;

  /**
   * `entries` are the commands and settings ({name, keywords, icon, choose}). `openRoom({room})` opens a room, `openPerson(id)` the
   * conversation with a person; `onClose()` is called if nothing was chosen.
   */
  constructor({ element, rooms, presence, currentRoom, openRoom, openPerson, entries, onClose }) {
    this.#element = element;
    this.#rooms = rooms;
    this.#presence = presence;
    this.#currentRoom = currentRoom;
    this.#openRoom = openRoom;
    this.#openPerson = openPerson;
    this.#entries = entries;
    element.addEventListener("switcher-query", () => this.#changeQuery());
    element.addEventListener("switcher-close", onClose);
    document.addEventListener("keydown", (event) => this.#handleKey(event), { capture: true });
    document.addEventListener("click", ({ target }) => target.closest?.("[data-switcher]") && element.open());
  }

  /** Records that a room has been opened. */
  visit(id) {
    this.#visited = [id, ...this.#visited.filter((each) => each !== id)].slice(0, MAX_VISITED);
  }

  #handleKey(event) {
    const isShortcut = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    if (!isShortcut || event.defaultPrevented || isTextSelected(event.target)) return;
    if (document.querySelector("dialog[open]:not(.panel, .switcher)")) return;
    event.preventDefault();
    event.stopPropagation();
    this.#element.open();
  }

  #changeQuery() {
    const { query } = this.#element;
    this.#remote = { people: [], rooms: [] };
    this.#isSearching = Boolean(query);
    clearTimeout(this.#timer);
    if (query) this.#timer = setTimeout(() => this.#search(query), PAUSE);
    this.#draw();
  }

  async #search(query) {
    const q = encodeURIComponent(query);
    const [people, rooms] = await Promise.allSettled([getJson(`/people/search/?q=${q}`), getJson(`/rooms/?q=${q}`)]);
    if (query !== this.#element.query || !this.#element.isOpen) return;
    this.#remote = { people: people.value?.people ?? [], rooms: rooms.value?.rooms ?? [] };
    this.#isSearching = false;
    this.#draw();
    const failed = [people, rooms].find(({ reason }) => reason);
    if (failed && !this.#remote.people.length) notify(failed.reason.message, "is-error");
  }

  #draw() {
    const { query } = this.#element;
    this.#element.draw(query ? this.#results(query) : this.#suggestions(), { isComplete: !this.#isSearching });
  }

  #suggestions() {
    const { unread, recent } = suggestRooms(this.#all, this.#visited, this.#currentRoom());
    return [
      { title: gettext("Unread"), entries: unread.map((room) => this.#roomEntry(room)) },
      { title: gettext("Recent"), entries: recent.map((room) => this.#roomEntry(room)) },
    ];
  }

  #results(query) {
    const found = findRooms(this.#all, query, this.#visited);
    const partners = new Set(this.#all.map(({ peer }) => peer?.id));
    const people = this.#remote.people.filter(({ id }) => !partners.has(id));
    const joinable = this.#remote.rooms.filter(({ id }) => !this.#rooms.get(id)?.role);
    return [
      { title: gettext("Your conversations"), entries: found.map((room) => this.#roomEntry(room)) },
      { title: gettext("People"), entries: people.map((person) => this.#personEntry(person)) },
      { title: gettext("Rooms to join"), entries: joinable.map((room) => this.#roomEntry(room)) },
      { title: gettext("Settings and commands"), entries: findEntries(this.#entries, query).map(entryOf) },
    ];
  }

  get #all() {
    return [...this.#rooms];
  }

  #roomEntry(room) {
    return {
      key: `room-${room.id}`,
      name: roomName(room),
      detail: room.peer ? `@${room.peer.username}` : room.archived_at ? gettext("Archived") : room.topic,
      icon: ICONS[room.kind],
      person: room.peer,
      state: room.peer && this.#presence.stateOf(room.peer.id),
      unread: room.muted ? 0 : room.unread,
      choose: () => this.#openRoom({ room: room.id }),
    };
  }

  #personEntry(person) {
    const { id, name, username } = person;
    const choose = () => this.#openPerson(id);
    return { key: `person-${id}`, name, detail: `@${username}`, person, state: this.#presence.stateOf(id), choose };
  }
}

function entryOf(entry) {
  return { key: entry.name, ...entry };
}

/** In a field, Ctrl+K makes the selected text a link. */
function isTextSelected(target) {
  return target.matches?.("textarea") && target.selectionStart !== target.selectionEnd;
}
