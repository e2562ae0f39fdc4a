/** Fills the quick switcher with rooms, people, settings and commands, from the page and from the server. */

import { personEntry, roomEntry } from "chatsite/controllers/destinations.js";
import { switcherEntries } from "chatsite/controllers/switcher_entries.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { shownSender } from "chatsite/format/senders.js";
import { gettext } from "chatsite/i18n.js";
import { mentionCount, roomName } from "chatsite/model/rooms.js";
import { findEntries, findRooms, suggestRooms } from "chatsite/model/switcher.js";
import { getJson } from "chatsite/net/http.js";

const PAUSE = 120; // in milliseconds, while someone is typing
const MAX_MESSAGES = 5;
const EXCERPT_LENGTH = 60; // characters
const NOTHING = { people: [], groups: [], rooms: [], messages: [] };

export class Switcher {
  #element;
  #sections;
  #presence;
  #currentRoom;
  #openRoom;
  #openPerson;
  #entries;
  #openPage;
  #settings = null; // a promise of all settings, from the server
  #remote = NOTHING;
  #isSearching = false;
  #problem = ""; // why the server's people and rooms are missing
  #timer;

  /**
   * `openRoom({room})` opens a room, `openPerson(id)` the conversation with a person. For `openPage`, `commands` and `isAdmin`, see
   * switcher_entries.js.
   */
  constructor({ element, sections, presence, currentRoom, openRoom, openPerson, ...entries }) {
    this.#element = element;
    this.#sections = sections;
    this.#presence = presence;
    this.#currentRoom = currentRoom;
    this.#openRoom = openRoom;
    this.#openPerson = openPerson;
    this.#entries = switcherEntries(entries);
    this.#openPage = entries.openPage;
    element.addEventListener("switcher-query", () => element.purpose || this.#changeQuery());
    if (!element.purpose) this.#changeQuery();
  }

  #changeQuery() {
    const { query } = this.#element;
    this.#remote = NOTHING;
    this.#problem = "";
    this.#isSearching = Boolean(query);
    clearTimeout(this.#timer);
    if (query) this.#settings ??= this.#loadSettings();
    if (query) this.#timer = setTimeout(() => this.#search(query), PAUSE);
    this.#draw();
  }

  async #search(query) {
    const q = encodeURIComponent(query);
    this.#searchMessages(query);
    const paths = [`/people/search/?q=${q}`, `/rooms/?q=${q}`, `/groups/search/?q=${q}`];
    const [people, rooms, groups] = await Promise.allSettled(paths.map((path) => getJson(path)));
    if (query !== this.#element.query || !this.#element.isOpen) return;
    const found = { people: people.value?.people ?? [], groups: groups.value?.groups ?? [], rooms: rooms.value?.rooms ?? [] };
    this.#remote = { ...this.#remote, ...found };
    this.#isSearching = false;
    const { reason } = [people, rooms].find((each) => each.reason) ?? {};
    if (reason) this.#problem = gettext("Couldn’t search all people and rooms. %(reason)s", { reason: reason.message });
    this.#draw();
  }

  /** Adds the newest messages. If that fails, the page of the search says why. */
  async #searchMessages(query) {
    const found = await getJson(`/search/messages/?q=${encodeURIComponent(query)}`).catch(() => null);
    if (!found || query !== this.#element.query || !this.#element.isOpen) return;
    const { messages, rooms } = found;
    this.#remote = { ...this.#remote, messages: messages.slice(0, MAX_MESSAGES).map((message) => ({ message, room: rooms[message.room] })) };
    this.#draw();
  }

  /** Adds individual settings to the entries. Without a connection, only pages and commands are found. */
  async #loadSettings() {
    try {
      const { settings } = await getJson("/profile/search/");
      const known = new Set(this.#entries.map(({ name }) => name));
      const entries = settings.filter(({ name }) => !known.has(name)).map((setting) => this.#settingEntry(setting));
      this.#entries.push(...entries);
      if (this.#element.isOpen) this.#draw();
    } catch {
      this.#settings = null;
    }
  }

  #settingEntry({ name, page, url, words }) {
    return { name, detail: page, keywords: words, icon: "settings", choose: () => this.#openPage(url) };
  }

  #draw() {
    const { query } = this.#element;
    this.#element.draw(query ? this.#results(query) : this.#suggestions(), { isComplete: !this.#isSearching, problem: this.#problem });
  }

  #suggestions() {
    const { unread, recent } = suggestRooms(this.#all, this.#sections.visited, this.#currentRoom());
    return [
      { title: gettext("Unread"), entries: unread.map((room) => this.#roomEntry(room)) },
      { title: gettext("Recent"), entries: recent.map((room) => this.#roomEntry(room)) },
    ];
  }

  #results(query) {
    const found = findRooms(this.#all, query, this.#sections.visited);
    const partners = new Set(this.#all.map(({ peer }) => peer?.id));
    const people = this.#remote.people.filter(({ id }) => !partners.has(id));
    const joined = new Set(this.#all.filter(({ role }) => role).map(({ id }) => id));
    const joinable = this.#remote.rooms.filter(({ id }) => !joined.has(id));
    return [
      { title: gettext("Your conversations"), entries: found.map((room) => this.#roomEntry(room)) },
      { title: gettext("People"), entries: people.map((person) => this.#personEntry(person)) },
      { title: gettext("User groups"), entries: this.#remote.groups.map((group) => this.#groupEntry(group)) },
      { title: gettext("Rooms to join"), entries: joinable.map((room) => this.#roomEntry(room)) },
      { title: gettext("Settings and commands"), entries: findEntries(this.#entries, query).map(entryOf) },
      { title: gettext("Messages"), entries: this.#remote.messages.map((each) => this.#messageEntry(each)) },
      { title: gettext("Search"), entries: this.#isSearching ? [] : [this.#searchEntry(query)], isFallback: true },
    ];
  }

  get #all() {
    return this.#sections.everything;
  }

  #roomEntry(room) {
    return roomEntry(room, { presence: this.#presence, choose: () => this.#openRoom({ room: room.id }) });
  }

  #messageEntry({ message, room }) {
    const { id, seq } = message;
    const sender = shownSender(message);
    const place = room.peer || room.people ? room.name : `#${room.name}`;
    return {
      key: `message-${id}`,
      name: excerptOf(message, EXCERPT_LENGTH),
      detail: gettext("%(person)s in %(room)s", { person: sender.name, room: place }),
      person: sender,
      choose: () => this.#openRoom({ room: room.id, around: seq }),
    };
  }

  #searchEntry(query) {
    return {
      key: "search",
      name: gettext("Search messages for “%(query)s”", { query }),
      icon: "search",
      choose: () => this.#openPage(`/search/?${new URLSearchParams({ q: query })}`),
    };
  }

  #groupEntry({ id, name, title, url }) {
    return { key: `group-${id}`, name: title, detail: `@${name}`, icon: "people", choose: () => this.#openPage(url) };
  }

  #personEntry(person) {
    return personEntry(person, { presence: this.#presence, choose: () => this.#openPerson(person.id) });
  }
}

function entryOf(entry) {
  return { key: entry.name, ...entry };
}
