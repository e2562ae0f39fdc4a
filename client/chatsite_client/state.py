"""Keeps the rooms, the people and their presence current, and finds out which changes a room lacks."""

from typing import Any

import msgspec
from msgspec import Struct

from chatsite_client import events, read_markers
from chatsite_client.events import Event, MessageChanged, MessagePosted, RoomChanges, RoomReset
from chatsite_client.i18n import gettext as _
from chatsite_client.models import Draft, Limits, Message, Person, Room
from chatsite_client.threads import Threads


class Position(Struct):
    """The last change and the last message of a room that the program has been given."""

    version: int
    seq: int


class SiteState:
    """The state of this account as the site describes it. `apply()` takes the events in order."""

    def __init__(self) -> None:
        self.me = Person(id=0)
        self.limits = Limits()
        self.rooms: dict[int, Room] = {}
        self.people: dict[int, Person] = {}
        self.online: set[int] = set()
        self.away: set[int] = set()
        self.muted: set[int] = set()
        self.blocked: set[int] = set()
        self.threads = Threads()
        self.drafts: dict[int, Draft] = {}
        self._positions: dict[int, Position] = {}
        self._behind: dict[int, int] = {}  # the version that a room lacks, at least
        self._asked: set[int] = set()

    def find_room(self, name: str) -> Room:
        """Return the room or conversation with this slug, name, or username. Raises LookupError."""
        wanted = name.lstrip("#@").casefold()
        for room in self.rooms.values():
            names = [room.slug, room.name, room.peer.username if room.peer else "", room.peer.name if room.peer else ""]
            if wanted in [each.casefold() for each in names if each]:
                return room
        raise LookupError(_("You have no room “{name}”.").format(name=name))

    # -- events ---------------------------------------------------------------------------------------

    def welcome(self, event: events.Welcome) -> list[Event]:
        """Take over the state of a new connection. Return a RoomReset for each room whose history was replaced."""
        self.me, self.limits = event.user, event.limits
        self.online, self.away = set(event.online), set(event.away)
        self.muted, self.blocked = set(event.muted), set(event.blocked)
        self.threads.replace(event.threads)
        self.drafts = {draft.room: draft for draft in event.drafts}
        self._behind.clear()
        self._asked.clear()
        self._set_rooms(event.rooms)
        self._positions = {room: position for room, position in self._positions.items() if room in self.rooms}
        self.people[event.user.id] = event.user
        return [reset for room in event.rooms for reset in self._compare(room)]

    def apply(self, event: Event) -> list[Event]:
        """Return the events to pass on to the program. Repeated ones are left out."""
        match event:
            case MessagePosted() | MessageChanged():
                return self._apply_message(event)
            case events.RoomVersion():
                self._advance(event.room, event.version)
                return []
            case RoomChanges():
                return self._apply_changes(event)
            case events.Presence():
                self._apply_presence(event)
            case events.PersonChanged():
                self._apply_person(event.person)
            case events.RoomJoined() | events.RoomUpdated() | events.RoomLeft():
                self._apply_room(event)
            case events.PersonHidden() | events.PersonShown() | events.PeopleMuted():
                self._apply_blocks(event)
            case _:
                self._apply_reading(event)
        return [event]

    def take_gaps(self) -> dict[int, int]:
        """Return the rooms to sync, with their known versions, and count them as asked for."""
        rooms = [room for room in self._behind if room not in self._asked and room in self._positions]
        self._asked.update(rooms)
        return {room: self._positions[room].version for room in rooms}

    def give_back(self, rooms: dict[int, int]) -> None:
        """Note that a sync was refused, so that it is repeated."""
        self._asked.difference_update(rooms)

    # -- messages -------------------------------------------------------------------------------------

    def _compare(self, room: Room) -> list[Event]:
        position = self._positions.setdefault(room.id, Position(room.version, room.last_seq))
        if position.version > room.version:  # the database was restored from a backup
            self._positions[room.id] = Position(room.version, room.last_seq)
            return [RoomReset(room=room.id)]
        if position.version < room.version:
            self._behind[room.id] = room.version
        return []

    def _apply_message(self, event: MessagePosted | MessageChanged) -> list[Event]:
        if not self._advance(event.room, event.version):
            return []
        self._note(event.message, is_new=isinstance(event, MessagePosted))
        return [event]

    def _apply_changes(self, event: RoomChanges) -> list[Event]:
        position = self._positions.get(event.room)
        if position is None:
            return []
        self._asked.discard(event.room)
        found: list[Event] = [] if not event.reset else [RoomReset(room=event.room)]
        new = [message for message in event.messages if message.version > position.version and not event.reset]
        found += [self._note(message, is_new=message.seq > position.seq) for message in new]
        position.version = max(position.version, event.version)
        if event.reset:
            room = self.rooms.get(event.room)
            position.version, position.seq = event.version, room.last_seq if room else 0
        if not event.more and position.version >= self._behind.get(event.room, 0):
            self._behind.pop(event.room, None)
        return found

    def _advance(self, room: int, version: int) -> bool:
        """Move a room to its next version. Return false for a repeat, and for a change after a gap."""
        position = self._positions.get(room)
        if position is None or version == position.version + 1:
            if position is not None:
                position.version = version
            return True
        if version > position.version:
            self._behind[room] = max(version, self._behind.get(room, 0))
        return False

    def _note(self, message: Message, *, is_new: bool) -> Event:
        """Count a message, and return its event."""
        position, room = self._positions.get(message.room), self.rooms.get(message.room)
        self.people.setdefault(message.sender.id, message.sender)
        if position is not None:
            position.seq = max(position.seq, message.seq)
        if room is not None and message.seq > room.last_seq:
            room.last_seq, room.last_at = message.seq, message.at
            self._count(room, message)
        kind = MessagePosted if is_new and message.deleted_at is None else MessageChanged
        return kind(room=message.room, version=message.version, message=message)

    def _count(self, room: Room, message: Message) -> None:
        if message.sender.id == self.me.id:
            read_markers.mark_read(room, message.seq)
            self.threads.mark_room_read(room.id, message.seq)
        elif message.sender.id not in self.muted | self.blocked and message.deleted_at is None:
            room.unread += 1
            if message.thread is not None:
                self.threads.count(message.thread, room.id, message.seq)
            if message.mentions_person(self.me.id):
                room.mention_seqs.append(message.seq)
                room.unread_mentions += 1

    # -- rooms and people -----------------------------------------------------------------------------

    def _apply_room(self, event: Event) -> None:
        match event:
            case events.RoomJoined():
                self._add_room(event.room)
            case events.RoomUpdated():
                self._update_room(event.room)
            case events.RoomLeft():
                self._remove_room(event.room)

    def _apply_blocks(self, event: events.PersonHidden | events.PersonShown | events.PeopleMuted) -> None:
        self._set_rooms(event.rooms)
        match event:
            case events.PersonHidden():
                self.blocked.add(event.user)
                self.online.discard(event.user)
            case events.PersonShown():
                self.blocked.discard(event.user)
                self.online.update(event.online)
            case events.PeopleMuted():
                self.muted = set(event.users)

    def _apply_reading(self, event: Event) -> None:
        room = self.rooms.get(getattr(event, "room", 0))
        match event:
            case events.RoomRead() if room:
                read_markers.mark_read(room, event.seq)
                self.threads.mark_room_read(room.id, event.seq)
            case events.RoomUnread() if room:
                read_markers.mark_unread(room, event)
            case events.MentionAdded() if room:
                read_markers.add_mention(room, event.seq)
            case events.MentionsRead() if room:
                read_markers.remove_mentions(room, event.seqs)
            case events.ThreadFollowed():
                self.threads.follow(event.thread, event.room, event.seqs)
            case events.ThreadUnfollowed():
                self.threads.unfollow(event.thread)
            case events.ThreadRead():
                self.threads.mark_read(event.thread, event.seq)
            case events.DraftChanged():
                self.drafts[event.draft.room] = event.draft

    def _set_rooms(self, rooms: list[Room]) -> None:
        self.rooms = {room.id: room for room in rooms}
        for room in rooms:
            self._learn(room)

    def _add_room(self, room: Room) -> None:
        self.rooms[room.id] = room
        self._positions[room.id] = Position(room.version, room.last_seq)
        self._learn(room)

    def _update_room(self, changes: dict[str, Any]) -> None:
        room = self.rooms.get(changes.get("id", 0))
        if room is None:
            return
        try:
            self.rooms[room.id] = msgspec.convert({**msgspec.to_builtins(room), **changes}, Room)
        except msgspec.ValidationError:
            return

    def _remove_room(self, room: int) -> None:
        self.rooms.pop(room, None)
        self._positions.pop(room, None)
        self._behind.pop(room, None)
        self.threads.forget_room(room)

    def _learn(self, room: Room) -> None:
        for person in [*room.people, *([room.peer] if room.peer else [])]:
            self.people[person.id] = person

    def _apply_presence(self, event: events.Presence) -> None:
        self.online.update(event.online)
        self.online.difference_update(event.offline)
        self.away.difference_update(event.online, event.offline)
        self.away.update(event.away)

    def _apply_person(self, person: Person) -> None:
        self.people[person.id] = person
        if person.id == self.me.id:
            self.me = person
        for room in self.rooms.values():
            if room.peer is not None and room.peer.id == person.id:
                room.peer = person
