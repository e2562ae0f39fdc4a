"""A reader: builds each room's list from events as a page does, and complains when the server breaks its word."""

import asyncio
import contextlib
from collections import defaultdict
from typing import Any

import httpx

from tests.faults.evidence import Log, Shelf, Shown
from tests.faults.line import Event, Line, Offline

DEFAULT_WAIT = 0.3


class Reader(Line):
    """`known(room)`: the version up to which it has everything."""

    def __init__(self, url: str, session: str, *, log: Log, **options: Any) -> None:
        super().__init__(url, session, **options)
        self.log = log
        self.rooms: set[int] = set()
        self.resets = 0
        self._site = url.replace("ws://", "http://").removesuffix("/ws/")
        self._shelves: dict[int, Shelf] = defaultdict(Shelf)
        self._early: dict[int, dict[int, list[Shown]]] = defaultdict(dict)
        self._line: dict[int, int] = {}  # the version to which this socket has brought the room
        self._behind: set[int] = set()
        self._wants = asyncio.Event()
        self._catching_up: asyncio.Task[None] | None = None

    def known(self, room: int) -> int:
        return self._shelves[room].version

    def opened(self) -> None:
        if self.welcomes == 1:
            self.log.write("is", user=self.welcome["user"]["id"])
        self._note_rooms({room["id"] for room in self.welcome["rooms"]})
        self._line = {room["id"]: room["version"] for room in self.welcome["rooms"]}
        self._behind = set(self.rooms)
        self._wants.set()
        self._catching_up = asyncio.create_task(self._catch_up())

    def lost(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    def hears(self, event: Event) -> None:
        match event["type"]:
            case "message.posted" | "message.changed":
                self._step(event["room"], event["version"], [_shown(event["message"])])
            case "room.version":
                self._step(event["room"], event["version"], [])
            case "room.changes":
                self._take_changes(event)
            case "room.joined":
                self._note_rooms(self.rooms | {event["room"]["id"]})
                self._want(event["room"]["id"])
            case "room.left":
                self._note_rooms(self.rooms - {event["room"]})
                self._line.pop(event["room"], None)

    def _step(self, room: int, version: int, messages: list[Shown]) -> None:
        reached = self._line.get(room)
        if reached is not None and version > reached + 1:
            self._complain(room, reached, version)
        self._line[room] = max(version, reached or 0)
        if version > self.known(room):
            self._early[room][version] = messages
            self._release(room)
            if self._early[room]:
                self._want(room)

    def _take_changes(self, event: Event) -> None:
        room, since, version = event["room"], event["since"], event["version"]
        if event["reset"]:
            asyncio.create_task(self._reload(room))  # noqa: RUF006 (ends with its answers)
            return
        reached = self._line.get(room)
        if reached is not None and since > reached:
            self._complain(room, reached, since)
        self._line[room] = max(version, reached or 0)
        if since > self.known(room):
            self._want(room)
        elif version > self.known(room):
            self._put(room, version, [_shown(message) for message in event["messages"]])
            self._release(room)
        if event["more"] or self._early[room]:
            self._want(room)

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
        self.log.write("put", room=room, version=version, messages=plain, reset=reset)

    def _note_rooms(self, rooms: set[int]) -> None:
        self.rooms = rooms
        self.log.write("rooms", rooms=sorted(rooms))

    def _complain(self, room: int, reached: int, version: int) -> None:
        self.log.write("complaint", text=f"room {room} jumped from {reached} to {version} while the socket lived")

    def _want(self, room: int) -> None:
        self._behind.add(room)
        self._wants.set()

    async def _catch_up(self) -> None:
        """One `sync` at a time, with all that it knows of the rooms it is behind in."""
        with contextlib.suppress(Offline):
            while True:
                await self._wants.wait()
                self._wants.clear()
                asked = {str(room): self.known(room) for room in sorted(self._behind & self.rooms)}
                self._behind.clear()
                if asked and (answer := await self.call("sync", rooms=asked))["type"] == "error":
                    await asyncio.sleep(answer.get("retry_after") or DEFAULT_WAIT)
                    self._behind |= {int(room) for room in asked}
                    self._wants.set()

    async def _reload(self, room: int) -> None:
        """Too far behind: the whole history over HTTP, from the end to the beginning."""
        self.resets += 1
        try:
            found, version = await self._history(room)
        except httpx.HTTPError:
            await asyncio.sleep(DEFAULT_WAIT)
            self._want(room)
            return
        if version >= self.known(room):
            self._put(room, version, found, reset=True)
            self._release(room)
        self._want(room)

    async def _history(self, room: int) -> tuple[list[Shown], int]:
        found: list[Shown] = []
        version, query = 0, ""
        async with httpx.AsyncClient(headers=self._headers, trust_env=False, timeout=30) as http:
            while True:
                answer = await http.get(f"{self._site}/rooms/{room}/messages/{query}")
                page = answer.raise_for_status().json()
                version = version or page["version"]
                found += [_shown(message) for message in page["messages"]]
                if not page["has_older"]:
                    return found, version
                query = f"?before={page['messages'][0]['seq']}"


def _shown(message: dict[str, Any]) -> Shown:
    return Shown(message["id"], message["seq"], message["version"], message.get("body", ""))
