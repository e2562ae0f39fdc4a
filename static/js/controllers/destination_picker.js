/** Has the user choose a room or person in the quick switcher. */

import { personEntry, roomEntry } from "chatsite/controllers/destinations.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { gettext } from "chatsite/i18n.js";
import { findRooms, suggestRooms } from "chatsite/model/switcher.js";
import { getJson, post } from "chatsite/net/http.js";

const PAUSE = 120; // in milliseconds, while someone is typing

export class DestinationPicker {
  #switcher;
  #sections;
  #presence;
  #rooms;
  #origin;
  #choose;
  #people = [];
  #timer;
  #onQuery = () => this.#changeQuery();

  /** `origin`: the room that isn't suggested, if any. `choose(room)` is called with the choice. */
  constructor({ switcher, sections, presence, rooms, origin, choose }) {
    this.#switcher = switcher;
    this.#sections = sections;
    this.#presence = presence;
    this.#rooms = rooms;
    this.#origin = origin;
    this.#choose = choose;
  }

  open(purpose) {
    this.#switcher.addEventListener("switcher-query", this.#onQuery);
    this.#switcher.addEventListener("switcher-closed", () => this.#end(), { once: true });
    this.#switcher.open({ purpose });
  }

  #end() {
    clearTimeout(this.#timer);
    this.#switcher.removeEventListener("switcher-query", this.#onQuery);
  }

  #changeQuery() {
    const { query } = this.#switcher;
    this.#people = [];
    clearTimeout(this.#timer);
    if (query) this.#timer = setTimeout(() => this.#search(query), PAUSE);
    this.#draw({ isComplete: !query });
  }

  async #search(query) {
    const found = await getJson(`/people/search/?q=${encodeURIComponent(query)}`).catch((error) => ({ people: [], problem: error.message }));
    if (query !== this.#switcher.query || !this.#switcher.isOpen) return;
    this.#people = found.people;
    this.#draw({ problem: found.problem });
  }

  #draw(state) {
    const { query } = this.#switcher;
    const rooms = this.#sections.everything.filter(canPostIn);
    const partners = new Set(rooms.map(({ peer }) => peer?.id));
    const { unread, recent } = suggestRooms(rooms, this.#sections.visited, this.#origin?.id);
    const found = query ? findRooms(rooms, query, this.#sections.visited) : [...unread, ...recent];
    const people = this.#people.filter(({ id }) => !partners.has(id));
    const presence = this.#presence;
    const groups = [
      { title: gettext("Your conversations"), entries: found.map((room) => roomEntry(room, { presence, choose: () => this.#choose(room) })) },
      { title: gettext("People"), entries: people.map((each) => personEntry(each, { presence, choose: () => this.#choosePerson(each) })) },
    ];
    this.#switcher.draw(groups, state);
  }

  #choosePerson(person) {
    attempt(async () => {
      const { room } = await (await post(`/direct/${person.id}/`)).json();
      this.#rooms.merge(room);
      this.#choose(room);
    });
  }
}

/** The server decides, but what it would refuse isn't offered. */
function canPostIn({ archived_at: archived, is_read_only: isReadOnly, role }) {
  return Boolean(role) && !archived && !(isReadOnly && role === "member");
}
