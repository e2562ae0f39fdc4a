"""A page's line to the server as docs/protocol.md asks it of a client: pulse, way back, answers by `ref`."""

import asyncio
import itertools
import json
import logging
from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

logger = logging.getLogger(__name__)

Event = dict[str, Any]

WELCOME_SECONDS = 15.0
LONGEST_PAUSE = 2.0  # a page waits up to 30 s; tests are shorter than people's patience


class Offline(Exception):
    """The line went before the answer came."""


class Line:
    """Comes back by itself whatever happens to it. Subclasses say what they do with `opened` and `hears`.

    pulse, silence: how often it pings, and how long it waits for a sign of life after that.
    """

    def __init__(self, url: str, session: str, *, random: Random, pulse: float = 5.0, silence: float = 10.0) -> None:
        self.url, self.session = url, session
        self.random = random
        self.is_open = asyncio.Event()
        self.welcome: Event = {}
        self.welcomes = 0
        self.closes: Counter[int | str] = Counter()
        self.receive_buffer: int | None = None
        self._headers = {"Cookie": f"sessionid={session}"}
        self._pulse, self._silence = pulse, silence
        self._socket: ClientConnection | None = None
        self._refs = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Event]] = {}
        self._heard_at = 0.0
        self._attempt = 0
        self._retry_after = 0.0

    def opened(self) -> None:
        """The welcome has come."""

    def lost(self) -> None:
        """The line is gone."""

    def hears(self, event: Event) -> None:
        """Every event but the answers."""

    async def run(self) -> None:
        while True:
            try:
                await self._live()
            except (OSError, TimeoutError, WebSocketException) as error:
                self.closes[type(error).__name__] += 1
            finally:
                self._lost()
            await asyncio.sleep(self._pause())

    async def call(self, type: str, **fields: Any) -> Event:
        """Send a command and return its `ok` or `error`. Raises Offline."""
        if self._socket is None or not self.is_open.is_set():
            raise Offline
        ref = str(next(self._refs))
        answer = self._answers[ref] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"type": type, "ref": ref, **fields}))
            return await answer
        except (OSError, WebSocketException) as error:
            raise Offline from error
        finally:
            self._answers.pop(ref, None)

    async def _live(self) -> None:
        async with asyncio.timeout(WELCOME_SECONDS) as patience:
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
                    self._heard_at = asyncio.get_running_loop().time()
                    for event in json.loads(frame):
                        self._take(event)
                    if self.is_open.is_set():
                        patience.reschedule(self._heard_at + self._pulse + self._silence)
                self.closes[self._socket.close_code or 0] += 1
            finally:
                self._socket.transport.abort()

    def _take(self, event: Event) -> None:
        kind = event["type"]
        if kind in ("ok", "error"):
            if (answer := self._answers.get(event["ref"] or "")) and not answer.done():
                answer.set_result(event)
            return
        if kind == "welcome":
            self._welcome(event)
        elif kind == "server.closing":
            self._retry_after = event.get("retry_after") or 0.0
        self.hears(event)

    def _welcome(self, event: Event) -> None:
        self.welcome = event
        self.welcomes += 1
        self._attempt = 0
        self._retry_after = 0.0
        self.is_open.set()
        self._pinging = asyncio.create_task(self._ping())
        self.opened()

    async def _ping(self) -> None:
        with suppress(Offline):
            while True:
                await asyncio.sleep(self._pulse)
                asyncio.create_task(self._call_quietly("ping"))  # noqa: RUF006 (it ends with the line)

    async def _call_quietly(self, type: str) -> None:
        with suppress(Offline):
            await self.call(type)

    def _lost(self) -> None:
        self._socket = None
        if self.is_open.is_set():
            self.is_open.clear()
            self._pinging.cancel()
            self.lost()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Offline())

    def _pause(self) -> float:
        """A random time that doubles; after `server.closing` at least what it asked for."""
        self._attempt += 1
        pause = self.random.uniform(0.05, min(LONGEST_PAUSE, 0.1 * 2**self._attempt))
        return max(pause, self._retry_after * self.random.uniform(0.5, 1.5))
