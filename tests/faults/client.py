"""A WebSocket client that follows docs/protocol.md: pings, reconnects with backoff, matches responses by `ref`."""

import asyncio
import itertools
import json
from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

Event = dict[str, Any]

WELCOME_SECONDS = 15.0
MAX_BACKOFF_SECONDS = 2.0  # the web client's is 30 s, too long for tests


class Offline(Exception):
    """The connection was lost before the response came."""


class Client:
    """Reconnects until cancelled. Subclasses override `on_welcome`, `on_disconnect` and `on_event`.

    ping_interval: seconds between pings. ping_timeout: seconds to wait for any frame after that.
    """

    def __init__(
        self, url: str, session: str, *, random: Random, ping_interval: float = 5.0, ping_timeout: float = 10.0
    ) -> None:
        self.url, self.session = url, session
        self.random = random
        self.is_open = asyncio.Event()
        self.welcome: Event = {}
        self.welcomes = 0
        self.closes: Counter[int | str] = Counter()
        self._headers = {"Cookie": f"sessionid={session}"}
        self._ping_interval, self._ping_timeout = ping_interval, ping_timeout
        self._socket: ClientConnection | None = None
        self._refs = itertools.count(1)
        self._responses: dict[str, asyncio.Future[Event]] = {}
        self._last_received = 0.0
        self._attempt = 0
        self._retry_after = 0.0

    def on_welcome(self) -> None:
        """Called after each welcome."""

    def on_disconnect(self) -> None:
        """Called when an open connection is lost."""

    def on_event(self, event: Event) -> None:
        """Called for each event except responses."""

    async def run(self) -> None:
        while True:
            try:
                await self._connect_and_receive()
            except (OSError, TimeoutError, WebSocketException) as error:
                self.closes[type(error).__name__] += 1
            finally:
                self._disconnected()
            await asyncio.sleep(self._backoff())

    async def call(self, type: str, **fields: Any) -> Event:
        """Send a command and return its `ok` or `error`. Raises Offline."""
        if self._socket is None or not self.is_open.is_set():
            raise Offline
        ref = str(next(self._refs))
        response = self._responses[ref] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"type": type, "ref": ref, **fields}))
            return await response
        except (OSError, WebSocketException) as error:
            raise Offline from error
        finally:
            self._responses.pop(ref, None)

    async def _connect_and_receive(self) -> None:
        async with asyncio.timeout(WELCOME_SECONDS) as timeout:
            self._socket = await connect(
                self.url,
                additional_headers=self._headers,
                open_timeout=WELCOME_SECONDS,
                close_timeout=1,
                ping_interval=None,
                max_size=None,
                compression=None,
                proxy=None,
            )
            try:
                async for frame in self._socket:
                    self._last_received = asyncio.get_running_loop().time()
                    for event in json.loads(frame):
                        self._dispatch(event)
                    if self.is_open.is_set():
                        timeout.reschedule(self._last_received + self._ping_interval + self._ping_timeout)
                self.closes[self._socket.close_code or 0] += 1
            finally:
                self._socket.transport.abort()

    def _dispatch(self, event: Event) -> None:
        kind = event["type"]
        if kind in ("ok", "error"):
            if (response := self._responses.get(event["ref"] or "")) and not response.done():
                response.set_result(event)
            return
        if kind == "welcome":
            self._welcome(event)
        elif kind == "server.closing":
            self._retry_after = event.get("retry_after") or 0.0
        self.on_event(event)

    def _welcome(self, event: Event) -> None:
        self.welcome = event
        self.welcomes += 1
        self._attempt = 0
        self._retry_after = 0.0
        self.is_open.set()
        self._pinging = asyncio.create_task(self._ping())
        self.on_welcome()

    async def _ping(self) -> None:
        with suppress(Offline):
            while True:
                await asyncio.sleep(self._ping_interval)
                asyncio.create_task(self._call_if_online("ping"))  # noqa: RUF006 (it ends with the connection)

    async def _call_if_online(self, type: str) -> None:
        with suppress(Offline):
            await self.call(type)

    def _disconnected(self) -> None:
        self._socket = None
        if self.is_open.is_set():
            self.is_open.clear()
            self._pinging.cancel()
            self.on_disconnect()
        for response in self._responses.values():
            if not response.done():
                response.set_exception(Offline())

    def _backoff(self) -> float:
        """Return the seconds until the next attempt: exponential with jitter, longer if `server.closing` asked for it."""
        self._attempt += 1
        seconds = self.random.uniform(0.05, min(MAX_BACKOFF_SECONDS, 0.1 * 2**self._attempt))
        return max(seconds, self._retry_after * self.random.uniform(0.5, 1.5))
