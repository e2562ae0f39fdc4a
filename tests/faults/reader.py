"""A client that receives events and catches up on those that it missed."""

import asyncio
import contextlib
from typing import Any

import httpx

from tests.faults.client import Client, Event, Offline
from tests.faults.client_state import ClientState, message_state
from tests.faults.observations import Log, MessageState

DEFAULT_RETRY_SECONDS = 0.3


class Reader(Client):
    def __init__(self, url: str, session: str, *, log: Log, **options: Any) -> None:
        super().__init__(url, session, **options)
        self.log = log
        self.state = ClientState(log.write)
        self._base_url = url.replace("ws://", "http://").removesuffix("/ws/")
        self._is_behind = asyncio.Event()
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def rooms(self) -> set[int]:
        return self.state.rooms

    def version_of(self, room: int) -> int:
        return self.state.version_of(room)

    def on_welcome(self) -> None:
        if self.welcomes == 1:
            self.log.write("is", user=self.welcome["user"]["id"])
        self._catching_up = asyncio.create_task(self._catch_up())

    def on_disconnect(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    def on_event(self, event: Event) -> None:
        self.state.apply(event)
        if self.state.to_sync or self.state.to_reload:
            self._is_behind.set()

    async def _catch_up(self) -> None:
        """Send one `sync` at a time, for all rooms that are behind."""
        state = self.state
        with contextlib.suppress(Offline):
            while True:
                await self._is_behind.wait()
                self._is_behind.clear()
                for room in list(state.to_reload):
                    await self._reload(room)
                versions = {str(room): state.version_of(room) for room in sorted(state.to_sync & state.rooms)}
                state.to_sync.clear()
                if versions and (response := await self.call("sync", rooms=versions))["type"] == "error":
                    await asyncio.sleep(response.get("retry_after") or DEFAULT_RETRY_SECONDS)
                    state.to_sync |= {int(room) for room in versions}
                    self._is_behind.set()

    async def _reload(self, room: int) -> None:
        """Load the whole history over HTTP: the room is too far behind to sync."""
        try:
            version, messages = await self._history(room)
        except httpx.HTTPError:
            await asyncio.sleep(DEFAULT_RETRY_SECONDS)
            self._is_behind.set()
        else:
            self.state.load(room, version, messages)

    async def _history(self, room: int) -> tuple[int, list[MessageState]]:
        messages: list[MessageState] = []
        version, query = 0, ""
        async with httpx.AsyncClient(headers=self._headers, trust_env=False, timeout=30) as http:
            while True:
                response = await http.get(f"{self._base_url}/rooms/{room}/messages/{query}")
                page = response.raise_for_status().json()
                version = version or page["version"]
                messages += [message_state(message) for message in page["messages"]]
                if not page["has_older"]:
                    return version, messages
                query = f"?before={page['messages'][0]['seq']}"
