/** The users that this page knows, and the initials and colors of those without an avatar. */

import { gettext } from "chatsite/i18n.js";

const HUES = 12;

export class People {
  #known = new Map();
  #me;
  /** The ids of the users whom this user has blocked. */
  blocked;

  constructor(me, blocked = []) {
    this.#me = me?.id;
    this.blocked = new Set(blocked);
    this.upsert(me);
  }

  get me() {
    return this.#known.get(this.#me);
  }

  isBlocked(person) {
    return this.blocked.has(person?.id);
  }

  /** Adds or updates a user. Fields missing from `person` are unchanged. */
  upsert(person) {
    if (person?.id) this.#known.set(person.id, { ...this.#known.get(person.id), ...person });
  }

  has(id) {
    return this.#known.has(id);
  }

  /** Whether a known user has this name, in lower case. */
  hasUsername(name) {
    return [...this.#known.values()].some(({ username }) => username?.toLowerCase() === name);
  }

  get(id) {
    return this.#known.get(id) ?? { id, username: "", name: gettext("Someone"), avatar: null };
  }
}

export function hueOf(id) {
  return id % HUES;
}

/** Returns the first letters of the first and last words, or the first two letters of a single word. */
export function initials(name) {
  const words = name
    .trim()
    .split(/[\s_.-]+/)
    .filter(Boolean);
  const letters = words.length > 1 ? [...words[0]][0] + [...words.at(-1)][0] : [...(words[0] ?? "?")].slice(0, 2).join("");
  return letters.toUpperCase();
}
