/** The user's rooms and their unread counts. */

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

  /** Updates the other user in direct rooms. */
  updatePerson(person) {
    for (const room of this.#rooms.values()) if (room.peer?.id === person.id) room.peer = { ...room.peer, ...person };
  }

  addPost(id, message) {
    const room = this.#rooms.get(id);
    if (!room || message.seq <= room.last_seq) return;
    room.last_seq = message.seq;
    room.last_at = message.at;
    if (message.sender.id === this.#me) room.unread = 0;
    else if (!this.muted.has(message.sender.id)) room.unread += 1;
  }

  markRead(id, seq) {
    const room = this.#rooms.get(id);
    if (!room || seq <= room.last_read_seq) return;
    room.last_read_seq = seq;
    room.unread = Math.min(room.unread, Math.max(0, room.last_seq - seq));
  }

  /** Moves the marker back to before message `seq`. */
  markUnread(id, seq, unread) {
    const room = this.#rooms.get(id);
    if (room) Object.assign(room, { last_read_seq: seq - 1, unread });
  }

  get unread() {
    let sum = 0;
    for (const room of this.#rooms.values()) if (!room.muted) sum += room.unread;
    return sum;
  }

  [Symbol.iterator]() {
    return this.#rooms.values();
  }
}

/** Returns whether the user closed this direct room, and no message has been posted since. */
export function isClosed(room) {
  return (room.closed_seq ?? -1) >= room.last_seq;
}

export function roomName(room) {
  return (room.kind === "direct" && room.peer?.name) || room.name || "";
}

/** "#Design", or a person's name. */
export function roomTitle(room) {
  return room.kind === "public" ? `#${roomName(room)}` : roomName(room);
}

export function titleWithCount(unread, title) {
  return unread ? `(${unread > 99 ? "99+" : unread}) ${title}` : title;
}
