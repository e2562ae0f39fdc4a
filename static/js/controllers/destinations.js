/** Entries of the quick switcher for rooms and people. */

import { gettext } from "chatsite/i18n.js";
import { roomName } from "chatsite/model/rooms.js";

const ICONS = { public: "hash", private: "lock" };

export function roomEntry(room, { presence, choose }) {
  return {
    key: `room-${room.id}`,
    name: roomName(room),
    detail: room.peer ? `@${room.peer.username}` : room.archived_at ? gettext("Archived") : room.topic,
    icon: ICONS[room.kind],
    person: room.peer,
    state: room.peer && presence.stateOf(room.peer.id),
    unread: room.muted ? 0 : room.unread,
    choose,
  };
}

export function personEntry(person, { presence, choose }) {
  const { id, name, username } = person;
  return { key: `person-${id}`, name, detail: `@${username}`, person, state: presence.stateOf(id), choose };
}
