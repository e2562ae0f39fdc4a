/** Completes people, groups and rooms in a message, first from those the page has loaded, then from the server. */

import { fold } from "chatsite/format/folding.js";
import { isConversation } from "chatsite/model/rooms.js";

const SERVER_LIMIT = { people: 20, groups: 10, rooms: 10 }; // a shorter answer is complete
const LIFETIME = 60_000; // of an answer, in milliseconds
const DELETED_PREFIX = "deleted:"; // in the usernames of deleted accounts
const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Returns whether each word of the query begins a word of the texts, whatever the case and the accents. */
export function startsWords(query, ...texts) {
  const folded = texts.map((text) => fold(text ?? ""));
  const starts = folded.flatMap((text) => [text, ...text.split(/[\s._-]+/)]);
  const isInside = (word) => WITHOUT_SPACES.test(word) && folded.some((text) => text.includes(word));
  const words = fold(query).split(/\s+/);
  return words.every((word) => !word || starts.some((start) => start.startsWith(word)) || isInside(word));
}

/** The server's answers, by query. What continues a query with a complete answer needs no further one. */
class Answers {
  #limit;
  #now;
  #byQuery = new Map();
  #key;
  #startedAt = 0;

  constructor(limit, now) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Forgets the answers for another `key`, and old ones. */
  use(key) {
    if (key === this.#key && this.#now() < this.#startedAt + LIFETIME) return;
    this.#byQuery.clear();
    this.#key = key;
    this.#startedAt = this.#now();
  }

  set(query, items) {
    this.#byQuery.set(fold(query), items);
  }

  /** Without a query, the server only returns suggestions. */
  get(query) {
    const wanted = fold(query);
    for (let { length } = wanted; length >= 0; length -= 1) {
      const items = this.#byQuery.get(wanted.slice(0, length));
      const isComplete = length > 0 && items?.length < this.#limit;
      if (items) return { items, isComplete, isFinal: isComplete || length === wanted.length };
    }
    return { items: [], isComplete: false, isFinal: false };
  }
}

/** People who can be mentioned: those who posted last, then others in the room, then others on the site. */
export class PeopleSource {
  #options;
  #answers;

  /** `recent()` returns the people who posted last, the latest first, `room()` the id of the room. `fetch(url)` resolves with JSON. */
  constructor({ recent, room, isBlocked, isOnline, fetch, now = Date.now }) {
    this.#options = { recent, room, isBlocked, isOnline, fetch };
    this.#answers = new Answers(SERVER_LIMIT.people, now);
  }

  /** Returns {people, isFinal}, where `is_member` of a person is false if they aren't in the room. */
  find(query) {
    const { recent, room, isBlocked, isOnline } = this.#options;
    this.#answers.use(room());
    const { items, isComplete, isFinal } = this.#answers.get(query);
    const answered = new Map(items.map((person) => [person.id, person]));
    const known = isComplete ? recent().filter(({ id }) => answered.has(id)) : recent(); // not those who were suspended
    const all = [...known.map((person) => answered.get(person.id) ?? person), ...items];
    const isOffered = (person) => isMentionable(person) && !isBlocked(person) && startsWords(query, person.name, person.username);
    const people = [...new Map(all.filter(isOffered).map((person) => [person.id, person])).values()];
    return { people, isFinal: isFinal || !isOnline() };
  }

  async load(query) {
    const { room, fetch } = this.#options;
    const id = room();
    const { people } = await fetch(`/people/search/?${new URLSearchParams({ q: query.trim(), room: id, members: "first" })}`);
    if (id !== room()) return;
    this.#answers.use(id);
    this.#answers.set(query, people);
  }
}

/** Groups that can be mentioned, from the server. */
export class GroupsSource {
  #options;
  #answers;

  constructor({ room, isOnline, fetch, now = Date.now }) {
    this.#options = { room, isOnline, fetch };
    this.#answers = new Answers(SERVER_LIMIT.groups, now);
  }

  /** Returns {groups, isFinal}, where `people` of a group is the number of its members in the room. */
  find(query) {
    const { room, isOnline } = this.#options;
    this.#answers.use(room());
    const { items, isFinal } = this.#answers.get(query);
    const groups = query ? items.filter(({ name, title }) => startsWords(query, title, name)) : [];
    return { groups, isFinal: isFinal || !query || !isOnline() };
  }

  async load(query) {
    const id = this.#options.room();
    if (!query) return;
    const { groups } = await this.#options.fetch(`/groups/search/?${new URLSearchParams({ q: query.trim(), room: id })}`);
    if (id !== this.#options.room()) return;
    this.#answers.use(id);
    this.#answers.set(query, groups);
  }
}

/** Rooms that can be linked: the user's own, those with the latest messages first, then rooms to join. */
export class RoomsSource {
  #options;
  #answers;

  /** `rooms()` returns all rooms of the page. */
  constructor({ rooms, isOnline, fetch, now = Date.now }) {
    this.#options = { rooms, isOnline, fetch };
    this.#answers = new Answers(SERVER_LIMIT.rooms, now);
  }

  /** Returns {rooms, isFinal}, where `role` of a room is null if the user isn't in it. */
  find(query) {
    const { rooms, isOnline } = this.#options;
    this.#answers.use(null);
    const own = rooms().filter((room) => !isConversation(room) && room.role && !room.archived_at);
    const ids = new Set(own.map(({ id }) => id));
    const { items, isFinal } = this.#answers.get(query);
    const isOffered = ({ name, slug }) => slug && startsWords(query.replaceAll("-", " "), name, slug.replaceAll("-", " "));
    const all = [...own.sort(byActivity), ...items.filter(({ id }) => !ids.has(id))];
    return { rooms: all.filter(isOffered), isFinal: isFinal || !query || !isOnline() };
  }

  async load(query) {
    const { rooms } = await this.#options.fetch(`/rooms/?${new URLSearchParams({ q: query.replaceAll("-", " ") })}`);
    this.#answers.use(null);
    this.#answers.set(query, rooms);
  }
}

function isMentionable({ username }) {
  return Boolean(username) && !username.startsWith(DELETED_PREFIX);
}

function byActivity(a, b) {
  return (b.last_at ?? "").localeCompare(a.last_at ?? "");
}
