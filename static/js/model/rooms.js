/** The user's rooms, their unread counts and the unread messages that mention the user. */

import { gettext } from "chatsite/i18n.js";
import { countsAsMention } from "chatsite/model/mentions.js";

const titles = new WeakMap(); // of groups by their lists of people, because sorting asks for them often

export class Rooms {
  #rooms = new Map();
  #me;
  /** The ids of users whose messages do not count as unread. */
  muted;

  constructor(me, rooms = [], muted = []) {
    this.#me = me;
    this.muted = new Set(muted);
    this.replace(rooms);
  }

  /** Replaces the list with the server's. Fields missing from a room are unchanged. */
  replace(rooms) {
    const known = this.#rooms;
    this.#rooms = new Map(rooms.map((room) => [room.id, { ...known.get(room.id), ...room }]));
  }

  get(id) {
    return this.#rooms.get(id);
  }

  /** Adds or updates a room and returns it. Missing fields are unchanged. */
  merge(room) {
    const known = this.#rooms.get(room.id);
    const changes = Object.fromEntries(Object.entries(room).filter(([, value]) => value !== undefined));
    if (known && room.role === null && known.role) delete changes.role;
    this.#rooms.set(room.id, { unread: 0, last_seq: 0, last_read_seq: 0, ...known, ...changes });
    return this.#rooms.get(room.id);
  }

  remove(id) {
    this.#rooms.delete(id);
  }

  /** Updates this person in the user's conversations. */
  updatePerson(person) {
    for (const room of this.#rooms.values()) {
      if (room.peer?.id === person.id) room.peer = { ...room.peer, ...person };
      if (peopleIn(room).some(({ id }) => id === person.id))
        room.people = room.people.map((each) => (each.id === person.id ? { ...each, ...person } : each));
    }
  }

  /** `isLive`: whether the message has just been posted, and isn't one that was missed. */
  addPost(id, message, { isLive = false } = {}) {
    const room = this.#rooms.get(id);
    if (!room) return;
    this.noteMention(id, message, { isLive });
    if (message.seq <= room.last_seq) return;
    room.last_seq = message.seq;
    room.last_at = message.at;
    if (message.sender.id === this.#me) this.#readAll(room);
    else if (!this.muted.has(message.sender.id)) room.unread += 1;
  }

  /** Counts an unread message, which may be new or changed, exactly if it mentions the user. */
  noteMention(id, message, { isLive = false } = {}) {
    const room = this.#rooms.get(id);
    if (!room) return;
    const wasCounted = mentionsIn(room).includes(message.seq);
    const others = mentionsIn(room).filter((seq) => seq !== message.seq);
    const isUnread = (message.seq > room.last_read_seq || wasCounted) && message.sender.id !== this.#me && !this.muted.has(message.sender.id);
    const isCounted = isUnread && countsAsMention(message, room, this.#me, isLive || wasCounted);
    room.mention_seqs = isCounted ? [...others, message.seq].sort((a, b) => a - b) : others;
  }

  /** Mentions that edits have added before the marker stay unread. */
  markRead(id, seq) {
    const room = this.#rooms.get(id);
    if (!room || seq <= room.last_read_seq) return;
    room.mention_seqs = mentionsIn(room).filter((each) => each > seq || each <= room.last_read_seq);
    room.last_read_seq = seq;
    room.unread = Math.min(room.unread, Math.max(0, room.last_seq - seq));
  }

  /** Counts a message that an edit has made mention the user. */
  addMention(id, seq) {
    const room = this.#rooms.get(id);
    if (room) room.mention_seqs = [...new Set([...mentionsIn(room), seq])].sort((a, b) => a - b);
  }

  /** Removes mentions that edits have added, and that were read. */
  readMentions(id, seqs) {
    const room = this.#rooms.get(id);
    if (room) room.mention_seqs = mentionsIn(room).filter((seq) => !seqs.includes(seq));
  }

  /** Moves the marker back to before message `seq`. `mentions`: the numbers of the unread messages that mention the user. */
  markUnread(id, seq, unread, mentions = []) {
    const room = this.#rooms.get(id);
    if (room) Object.assign(room, { last_read_seq: seq - 1, unread, mention_seqs: mentions });
  }

  /** Posting marks the room as read, on the server as well. */
  #readAll(room) {
    room.mention_seqs = addedMentions(room);
    room.last_read_seq = room.last_seq;
    room.unread = 0;
  }

  get unread() {
    let sum = 0;
    for (const room of this.#rooms.values()) if (!room.muted) sum += room.unread;
    return sum;
  }

  /** Returns whether any room other than this one has unread messages. */
  hasUnreadElsewhere(id) {
    return [...this.#rooms.values()].some((room) => room.id !== id && hasUnread(room));
  }

  /** The number of unread messages that are for this user: those that mention them, and those of conversations. */
  get unreadForMe() {
    let sum = 0;
    for (const room of this.#rooms.values()) sum += unreadForMe(room);
    return sum;
  }

  [Symbol.iterator]() {
    return this.#rooms.values();
  }
}

/** Returns whether the room is a direct room or a group, with a fixed set of people, and no name, roles or settings. */
export function isConversation({ kind }) {
  return kind === "direct" || kind === "group";
}

/** Returns the other people in a group conversation, in the order of its title. */
export function peopleIn({ kind, people }) {
  return kind === "group" ? (people ?? []) : [];
}

/** Returns whether the user closed this conversation, and no message has been posted since. */
export function isClosed(room) {
  return (room.closed_seq ?? -1) >= room.last_seq;
}

/** The number of unread messages in the room that mention the user. */
export function mentionCount(room) {
  return mentionsIn(room).length;
}

/** Returns the numbers of messages that the user had read before an edit made them mention the user. */
export function addedMentions(room) {
  return mentionsIn(room).filter((seq) => seq <= room.last_read_seq);
}

/** Returns whether the room has unread messages that the user wants to know of. */
export function hasUnread(room) {
  return mentionCount(room) > 0 || (room.unread > 0 && !room.muted);
}

export function roomName(room) {
  if (room.kind === "group" && room.people) return groupTitle(room.people);
  return (room.kind === "direct" && room.peer?.name) || room.name || "";
}

/** "#Design", or the names of the people in a conversation. */
export function roomTitle(room) {
  return room.kind === "public" ? `#${roomName(room)}` : roomName(room);
}

/** "(2) #Design" if there are messages for this user, and "• #Design" if there are only others. */
export function titleWithCount({ unreadForMe: count, unread }, title) {
  if (count) return `(${count > 99 ? "99+" : count}) ${title}`;
  return unread ? `• ${title}` : title;
}

/** Returns a title such as "Ana, Mira and Zoë" (see rooms/titles.py). */
function groupTitle(people) {
  if (!titles.has(people)) titles.set(people, joinNames(people.map(({ name }) => name)));
  return titles.get(people);
}

function joinNames(names) {
  if (!names.length) return gettext("Group conversation");
  const last = names.at(-1);
  return names.length > 1 ? gettext("%(names)s and %(last)s", { names: names.slice(0, -1).join(", "), last }) : last;
}

function mentionsIn(room) {
  return room.mention_seqs ?? [];
}

function unreadForMe(room) {
  const mentions = mentionCount(room);
  return isConversation(room) && !room.muted ? Math.max(room.unread, mentions) : mentions;
}
