"""A client's state, built from events: each room's timeline, the rooms to sync, and violations of the protocol."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.faults.observations import MessageState, Timeline

Event = dict[str, Any]


class ClientState:
    """Independent of any connection. `record(kind, **fields)` logs what the oracle reads.

    to_sync: rooms to `sync`, cleared by the caller. to_reload: rooms whose whole history must be loaded.
    """

    def __init__(self, record: Callable[..., None]) -> None:
        self.rooms: set[int] = set()
        self.to_sync: set[int] = set()
        self.to_reload: set[int] = set()
        self._record = record
        self._timelines: dict[int, Timeline] = defaultdict(Timeline)
        self._early: dict[int, dict[int, list[MessageState]]] = defaultdict(dict)
        self._blocked: set[int] = set()
        self._delivered: dict[int, int] = {}  # the last version of each room that this socket delivered

    def version_of(self, room: int) -> int:
        """Return the version up to which the room is complete."""
        return self._timelines[room].version

    def apply(self, event: Event) -> None:
        match event["type"]:
            case "welcome":
                self._welcome(event)
            case "message.posted" | "message.changed":
                self._apply_version(event["room"], event["version"], [message_state(event["message"])])
            case "room.version":
                self._apply_version(event["room"], event["version"], [])
            case "room.changes":
                self._apply_changes(event)
            case "room.joined":
                self._set_rooms(self.rooms | {event["room"]["id"]})
                self.to_sync.add(event["room"]["id"])
            case "person.hidden" | "person.shown":
                change = self._blocked.add if event["type"] == "person.hidden" else self._blocked.discard
                change(event["user"])
                self._start_over()
            case "room.left":
                self._set_rooms(self.rooms - {event["room"]})
                self._delivered.pop(event["room"], None)

    def load(self, room: int, version: int, messages: list[MessageState]) -> None:
        """Replace the room's timeline by its whole history, read at `version` or later."""
        self.to_reload.discard(room)
        if version >= self.version_of(room):
            self._put(room, version, messages, reset=True)
            self._apply_early(room)
        self.to_sync.add(room)

    def _welcome(self, event: Event) -> None:
        self._set_rooms({room["id"] for room in event["rooms"]})
        if self._blocked != set(event["blocked"]):
            self._blocked = set(event["blocked"])
            self._start_over()
        self._delivered = {room["id"]: room["version"] for room in event["rooms"]}
        self.to_sync = set(self.rooms)

    def _start_over(self) -> None:
        """Clear every timeline: a changed blocklist invalidates all of them."""
        for room in self.rooms:
            self._early[room].clear()
            self._put(room, 0, [], reset=True)
        self.to_sync |= self.rooms

    def _apply_version(self, room: int, version: int, messages: list[MessageState]) -> None:
        self._check_continuity(room, version - 1, version)
        if version > self.version_of(room):
            self._early[room][version] = messages
            self._apply_early(room)
            if self._early[room]:
                self.to_sync.add(room)

    def _apply_changes(self, event: Event) -> None:
        room, since, version = event["room"], event["since"], event["version"]
        if event["reset"]:
            self.to_reload.add(room)
            return
        self._check_continuity(room, since, version)
        if since <= self.version_of(room) < version:
            self._put(room, version, [message_state(message) for message in event["messages"]])
            self._apply_early(room)
        if event["more"] or since > self.version_of(room) or self._early[room]:
            self.to_sync.add(room)

    def _check_continuity(self, room: int, since: int, version: int) -> None:
        """Record a violation if a socket skips a version: each event must follow the one before it."""
        delivered = self._delivered.get(room)
        if delivered is not None and since > delivered:
            self._record("violation", text=f"room {room} jumped from {delivered} to {version} on one socket")
        self._delivered[room] = max(version, delivered or 0)

    def _apply_early(self, room: int) -> None:
        """Merge the early events that now follow without a gap; later ones keep waiting."""
        early = self._early[room]
        for stale in [version for version in early if version <= self.version_of(room)]:
            del early[stale]
        while (messages := early.pop(self.version_of(room) + 1, None)) is not None:
            self._put(room, self.version_of(room) + 1, messages)

    def _put(self, room: int, version: int, messages: list[MessageState], *, reset: bool = False) -> None:
        self._timelines[room].merge(version, messages, reset=reset)
        values = [[message.id, message.seq, message.version, message.body] for message in messages]
        self._record("put", room=room, version=version, messages=values, reset=reset)

    def _set_rooms(self, rooms: set[int]) -> None:
        self.rooms = rooms
        self._record("rooms", rooms=sorted(rooms))


def message_state(message: Event) -> MessageState:
    return MessageState(message["id"], message["seq"], message["version"], message.get("body", ""))
