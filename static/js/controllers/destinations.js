/** Entries of the quick switcher for rooms and people. */

import { gettext } from "chatsite/i18n.js";
import { peopleIn, roomName } from "chatsite/model/rooms.js";

const ICONS = { public: "hash", private: "lock", group: "people" };

export function roomEntry(room, { presence, choose }) {
  return {
    key: `room-${room.id}`,
    name: roomName(room),
    detail: detailOf(room),
    icon: ICONS[room.kind],
    person: room.peer,
    state: room.peer && presence.stateOf(room.peer.id),
    unread: room.muted ? 0 : room.unread,
    choose,
  };
}

/** Returns the usernames of the people in a conversation, or a room's topic. */
function detailOf(room) {
  const people = room.peer ? [room.peer] : peopleIn(room);
  if (people.length) return people.map(({ username }) => `@${username}`).join(", ");
  return room.archived_at ? gettext("Archived") : room.topic;
}

export function personEntry(person, { presence, choose }) {
  const { id, name, username } = person;
  return { key: `person-${id}`, name, detail: `@${username}`, person, state: presence.stateOf(id), choose };
}
