/**
 * The sidebar's sections, and how they are ordered. The preferences are stored in a cookie, because the server draws the sidebar
 * first (messaging/web/sidebar.py).
 */

import { language } from "chatsite/i18n.js";
import { hasUnread, isClosed, isConversation, mentionCount, roomName } from "chatsite/model/rooms.js";

const BY_ACTIVITY = "activity";
const MIXED = "mixed"; // unread rooms stay among the others
const FOLD = "fold-";
const MAX_VISITED = 50;

const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
const byName = (a, b) => collator.compare(roomName(a), roomName(b));
const byActivity = (a, b) => (b.last_at ?? "").localeCompare(a.last_at ?? "") || byName(a, b);
const byRank = (compare) => (a, b) => !!a.archived_at - !!b.archived_at || b.is_default - a.is_default || compare(a, b);
const isUnread = (room) => room.is_new || hasUnread(room);
const isMentioning = (room) => mentionCount(room) > 0;

/** Reads preferences such as "activity.mixed.fold-people". Unknown words are ignored. */
export function parsePreferences(text) {
  const words = text.split(".");
  const folded = words.filter((word) => word.startsWith(FOLD)).map((word) => word.slice(FOLD.length));
  return { isByActivity: words.includes(BY_ACTIVITY), isUnreadFirst: !words.includes(MIXED), folded: new Set(folded) };
}

export function formatPreferences({ isByActivity, isUnreadFirst, folded }) {
  const words = [isByActivity && BY_ACTIVITY, !isUnreadFirst && MIXED, ...[...folded].map((key) => FOLD + key)];
  return words.filter(Boolean).join(".");
}

/** The key of one of the user's own sections, given its id. */
export const ownKey = (id) => `own-${id}`;

/**
 * The user's rooms in sections. `store`: {get(), set(text)} keeps the preferences. `own`: the user's own sections ({id, name}) in order.
 * Emits "change" when any of these change.
 */
export class RoomSections extends EventTarget {
  #rooms;
  #store;
  #preferences;
  #keptUnread = null;
  #own;
  /** The ids of the rooms that were opened last, the latest first. */
  visited = [];

  constructor(rooms, store, own = []) {
    super();
    this.own = own;
    this.#rooms = rooms;
    this.#store = store;
    this.#preferences = parsePreferences(store.get());
  }

  get preferences() {
    return this.#preferences;
  }

  /** The user's own sections, in their order. */
  get own() {
    return this.#own;
  }

  set own(sections) {
    this.#own = sections;
    this.dispatchEvent(new Event("change"));
  }

  update(changes) {
    const { folded, ...others } = { ...this.#preferences, ...changes };
    this.#preferences = { ...others, folded: new Set([...folded].filter((key) => this.#exists(key))) };
    this.#store.set(formatPreferences(this.#preferences));
    this.dispatchEvent(new Event("change"));
  }

  toggleFold(key) {
    const { folded } = this.#preferences;
    const isFolded = folded.has(key);
    this.update({ folded: isFolded ? new Set([...folded].filter((each) => each !== key)) : new Set([...folded, key]) });
  }

  /** Keeps a room in its section while it is open, and remembers that it was. */
  open(id) {
    const room = this.#rooms.get(id);
    this.#keptUnread = room && isUnread(room) ? id : null;
    if (room) this.visited = [id, ...this.visited.filter((each) => each !== id)].slice(0, MAX_VISITED);
  }

  /** Returns {unread, favorites, …own sections, rooms, people}, each a list of rooms in the sidebar's order. */
  get sections() {
    return sectionsOf([...this.#rooms], this.#preferences, this.#keptUnread, this.#own);
  }

  /** All rooms, also those that the sidebar doesn't show. */
  get everything() {
    return [...this.#rooms];
  }

  /** All rooms in the sidebar's order. */
  get all() {
    return Object.values(this.sections).flat();
  }

  /** Returns the room that is `step` places further down (or up, if negative), which wraps around. */
  adjacent(id, step, isWanted = () => true) {
    const all = this.all.filter((room) => room.id === id || isWanted(room));
    const index = all.findIndex((room) => room.id === id);
    if (index < 0) return all[0];
    return all[(index + step + all.length) % all.length];
  }

  /** Returns whether a section with this key exists. Those that were deleted must not fill the cookie. */
  #exists(key) {
    return !key.startsWith(ownKey("")) || this.#own.some(({ id }) => ownKey(id) === key);
  }
}

/** `keptUnread`: the id of a room that stays in the unread section, because it would otherwise move while it is being read. */
export function sectionsOf(all, { isByActivity, isUnreadFirst }, keptUnread = null, own = []) {
  const ownSections = Object.fromEntries(own.map(({ id }) => [ownKey(id), []]));
  const sections = { unread: [], favorites: [], ...ownSections, rooms: [], people: [] };
  const keyOf = (room) => {
    if (isUnreadFirst && (room.id === keptUnread || isUnread(room))) return "unread";
    if (room.is_favorite) return "favorites";
    return sections[ownKey(room.section)] ? ownKey(room.section) : isConversation(room) ? "people" : "rooms";
  };
  for (const room of all) if (!isClosed(room)) sections[keyOf(room)].push(room);
  const compare = byRank(isByActivity ? byActivity : byName);
  for (const section of Object.values(sections)) section.sort(compare);
  const compareUnread = (a, b) => isConversation(b) - isConversation(a) || (isConversation(a) ? byActivity(a, b) : compare(a, b));
  sections.unread.sort((a, b) => isMentioning(b) - isMentioning(a) || compareUnread(a, b));
  sections.people.sort(byActivity);
  return sections;
}
