"""A reader: a line, what it hears on it, and the asking for what it missed."""

import asyncio
import contextlib
from typing import Any

import httpx

from tests.faults.client import Event, Line, Offline
from tests.faults.client_state import Hearing, shown
from tests.faults.observations import Log, Shown

DEFAULT_WAIT = 0.3


class Reader(Line):
    def __init__(self, url: str, session: str, *, log: Log, **options: Any) -> None:
        super().__init__(url, session, **options)
        self.log = log
        self.hearing = Hearing(log.write)
        self._site = url.replace("ws://", "http://").removesuffix("/ws/")
        self._wants = asyncio.Event()
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def rooms(self) -> set[int]:
        return self.hearing.rooms

    def known(self, room: int) -> int:
        return self.hearing.known(room)

    def opened(self) -> None:
        if self.welcomes == 1:
            self.log.write("is", user=self.welcome["user"]["id"])
        self._catching_up = asyncio.create_task(self._catch_up())

    def lost(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    def hears(self, event: Event) -> None:
        self.hearing.hears(event)
        if self.hearing.wanted or self.hearing.lost:
            self._wants.set()

    async def _catch_up(self) -> None:
        """One `sync` at a time, with all that it knows of the rooms it is behind in."""
        hearing = self.hearing
        with contextlib.suppress(Offline):
            while True:
                await self._wants.wait()
                self._wants.clear()
                for room in list(hearing.lost):
                    await self._reload(room)
                asked = {str(room): hearing.known(room) for room in sorted(hearing.wanted & hearing.rooms)}
                hearing.wanted.clear()
                if asked and (answer := await self.call("sync", rooms=asked))["type"] == "error":
                    await asyncio.sleep(answer.get("retry_after") or DEFAULT_WAIT)
                    hearing.wanted |= {int(room) for room in asked}
                    self._wants.set()

    async def _reload(self, room: int) -> None:
        """Too far behind: the whole history over HTTP, from the end to the beginning."""
        try:
            version, found = await self._history(room)
        except httpx.HTTPError:
            await asyncio.sleep(DEFAULT_WAIT)
            self._wants.set()
        else:
            self.hearing.load(room, version, found)

    async def _history(self, room: int) -> tuple[int, list[Shown]]:
        found: list[Shown] = []
        version, query = 0, ""
        async with httpx.AsyncClient(headers=self._headers, trust_env=False, timeout=30) as http:
            while True:
                answer = await http.get(f"{self._site}/rooms/{room}/messages/{query}")
                page = answer.raise_for_status().json()
                version = version or page["version"]
                found += [shown(message) for message in page["messages"]]
                if not page["has_older"]:
                    return version, found
                query = f"?before={page['messages'][0]['seq']}"
