"""What a page makes of the events it hears: each room's list, what it must ask for, and when the server broke its word."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.faults.observations import Shelf, Shown

Event = dict[str, Any]


class Hearing:
    """Knows no line. `note(kind, **fields)` keeps what the oracle will want to read.

    wanted: rooms to `sync`; whoever syncs empties it. lost: rooms to load anew.
    """

    def __init__(self, note: Callable[..., None]) -> None:
        self.rooms: set[int] = set()
        self.wanted: set[int] = set()
        self.lost: set[int] = set()
        self._note = note
        self._shelves: dict[int, Shelf] = defaultdict(Shelf)
        self._early: dict[int, dict[int, list[Shown]]] = defaultdict(dict)
        self._blocked: set[int] = set()
        self._line: dict[int, int] = {}  # the version to which this socket has brought the room

    def known(self, room: int) -> int:
        """The version up to which it has everything."""
        return self._shelves[room].version

    def hears(self, event: Event) -> None:
        match event["type"]:
            case "welcome":
                self._welcome(event)
            case "message.posted" | "message.changed":
                self._step(event["room"], event["version"], [shown(event["message"])])
            case "room.version":
                self._step(event["room"], event["version"], [])
            case "room.changes":
                self._take_changes(event)
            case "room.joined":
                self._note_rooms(self.rooms | {event["room"]["id"]})
                self.wanted.add(event["room"]["id"])
            case "person.hidden" | "person.shown":
                change = self._blocked.add if event["type"] == "person.hidden" else self._blocked.discard
                change(event["user"])
                self._begin_anew()
            case "room.left":
                self._note_rooms(self.rooms - {event["room"]})
                self._line.pop(event["room"], None)

    def load(self, room: int, version: int, messages: list[Shown]) -> None:
        """The whole history, read at `version` or later."""
        self.lost.discard(room)
        if version >= self.known(room):
            self._put(room, version, messages, reset=True)
            self._release(room)
        self.wanted.add(room)

    def _welcome(self, event: Event) -> None:
        self._note_rooms({room["id"] for room in event["rooms"]})
        if self._blocked != set(event["blocked"]):
            self._blocked = set(event["blocked"])
            self._begin_anew()
        self._line = {room["id"]: room["version"] for room in event["rooms"]}
        self.wanted = set(self.rooms)

    def _begin_anew(self) -> None:
        """Who is seen has changed: nothing that is shown can be relied on."""
        for room in self.rooms:
            self._early[room].clear()
            self._put(room, 0, [], reset=True)
        self.wanted |= self.rooms

    def _step(self, room: int, version: int, messages: list[Shown]) -> None:
        self._follow(room, version - 1, version)
        if version > self.known(room):
            self._early[room][version] = messages
            self._release(room)
            if self._early[room]:
                self.wanted.add(room)

    def _take_changes(self, event: Event) -> None:
        room, since, version = event["room"], event["since"], event["version"]
        if event["reset"]:
            self.lost.add(room)
            return
        self._follow(room, since, version)
        if since <= self.known(room) < version:
            self._put(room, version, [shown(message) for message in event["messages"]])
            self._release(room)
        if event["more"] or since > self.known(room) or self._early[room]:
            self.wanted.add(room)

    def _follow(self, room: int, since: int, version: int) -> None:
        """While a socket lives, each event of a room takes up where the one before it ended."""
        reached = self._line.get(room)
        if reached is not None and since > reached:
            self._note("complaint", text=f"room {room} jumped from {reached} to {version} while the socket lived")
        self._line[room] = max(version, reached or 0)

    def _release(self, room: int) -> None:
        """Put on the shelf what follows without a hole; a later event waits for the one before it."""
        early = self._early[room]
        for stale in [version for version in early if version <= self.known(room)]:
            del early[stale]
        while (messages := early.pop(self.known(room) + 1, None)) is not None:
            self._put(room, self.known(room) + 1, messages)

    def _put(self, room: int, version: int, messages: list[Shown], *, reset: bool = False) -> None:
        self._shelves[room].put(version, messages, reset=reset)
        plain = [[message.id, message.seq, message.version, message.body] for message in messages]
        self._note("put", room=room, version=version, messages=plain, reset=reset)

    def _note_rooms(self, rooms: set[int]) -> None:
        self.rooms = rooms
        self._note("rooms", rooms=sorted(rooms))


def shown(message: Event) -> Shown:
    return Shown(message["id"], message["seq"], message["version"], message.get("body", ""))
