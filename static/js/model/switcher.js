/** Finds and orders what the quick switcher offers: rooms, people, settings and commands. */

import { fold } from "chatsite/format/folding.js";
import { hasUnread, peopleIn, roomName } from "chatsite/model/rooms.js";

const PER_GROUP = 8;
const MAX_SUGGESTIONS = 12;
const MIN_FUZZY = 2; // letters; a single one occurs in almost every name

// How well a name matches, the best first. 0 is no match.
const EXACT = 5;
const START = 4;
const WORD_START = 3;
const INSIDE = 2;
const SCATTERED = 1;

/** Returns how well a name matches a query, or 0. All words of the query must occur, or all of its letters in this order. */
export function matchQuality(query, name) {
  const [wanted, text] = [fold(query), fold(name)];
  if (!wanted) return 0;
  if (text === wanted) return EXACT;
  if (text.startsWith(wanted)) return START;
  const words = wanted.split(/\s+/);
  if (words.every((word) => isWordStart(text, word))) return WORD_START;
  if (words.every((word) => text.includes(word))) return INSIDE;
  return words.length === 1 && wanted.length >= MIN_FUZZY && isScattered(text, wanted) ? SCATTERED : 0;
}

/**
 * Returns the user's rooms that match, the best first: unread ones, then those visited last. `visited`: the ids of rooms in the
 * order of the last visits, the latest first.
 */
export function findRooms(rooms, query, visited = []) {
  const place = new Map(visited.map((id, index) => [id, index]));
  const order = (a, b) =>
    hasUnread(b) - hasUnread(a) || (place.get(a.id) ?? Infinity) - (place.get(b.id) ?? Infinity) || byActivity(a, b);
  return best(rooms, query, (room) => [roomName(room), room.peer?.username, ...peopleIn(room).flatMap(({ name, username }) => [name, username])], order);
}

/** Returns what is offered before anything is typed: {unread, recent} rooms, without the open one. */
export function suggestRooms(rooms, visited, current) {
  const others = rooms.filter(({ id, archived_at: archived }) => id !== current && !archived);
  const place = new Map(visited.map((id, index) => [id, index]));
  const unread = others.filter(hasUnread).sort(byActivity).slice(0, PER_GROUP);
  const recent = others
    .filter((room) => !hasUnread(room))
    .sort((a, b) => (place.get(a.id) ?? Infinity) - (place.get(b.id) ?? Infinity) || byActivity(a, b));
  return { unread, recent: recent.slice(0, MAX_SUGGESTIONS - unread.length) };
}

/** Returns the entries of [{name, keywords}] that match, the best first. Of keywords, words must match from their start. */
export function findEntries(entries, query) {
  const hasKeyword = ({ keywords = "" }) => matchQuality(query, keywords) >= WORD_START;
  return best(entries, query, (entry) => [entry.name, hasKeyword(entry) ? entry.keywords : ""], () => 0);
}

function best(items, query, textsOf, order) {
  return items
    .map((item) => ({ item, quality: Math.max(...textsOf(item).map((text) => matchQuality(query, text ?? ""))) }))
    .filter(({ quality }) => quality)
    .sort((a, b) => b.quality - a.quality || order(a.item, b.item))
    .slice(0, PER_GROUP)
    .map(({ item }) => item);
}


function byActivity(a, b) {
  return (b.last_at ?? "").localeCompare(a.last_at ?? "");
}

function isWordStart(text, word) {
  return text.split(/[\s._-]+/).some((each) => each.startsWith(word));
}

/** Returns whether the letters occur in this order, the first at the start of a word. */
function isScattered(text, letters) {
  const start = text.split(/[\s._-]+/).find((word) => word.startsWith(letters[0]));
  if (!start) return false;
  let index = text.indexOf(start);
  for (const letter of letters) {
    index = text.indexOf(letter, index) + 1;
    if (!index) return false;
  }
  return true;
}
