"""A socket's outbox: bounded, with one writer that sends all that waits as one frame."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from live.codes import TOO_SLOW

logger = logging.getLogger(__name__)

Send = Callable[[str], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]

MAX_EVENTS = 2_000
MAX_CHARACTERS = 4_000_000
TYPING_SECONDS = 2.0


class Socket:
    """One connection as the hub sees it.

    `send(text)` writes one frame and returns when the transport takes more; `close(code)` ends the
    connection. Nothing is sent before `open`, so that what arrives while the welcome is being
    written comes after it.
    """

    def __init__(self, *, user_id: int, send: Send, close: Close) -> None:
        self.user_id = user_id
        self.topics: set[str] = set()
        self._send = send
        self._close = close
        self._outbox: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self._code: int | None = None
        self._writer: asyncio.Task[None] | None = None
        self._typed_at: dict[str, float] = {}

    def open(self, first: str) -> None:
        """Send `first`, then what has gathered, then all that comes."""
        self._outbox.appendleft(first)
        self._characters += len(first)
        self._writer = asyncio.get_running_loop().create_task(self._write())
        self._wake.set()

    def push(self, text: str) -> None:
        """Put an encoded event into the outbox; a socket that has too much waiting is closed (4408)."""
        if self._code is not None:
            return
        self._outbox.append(text)
        self._characters += len(text)
        if len(self._outbox) > MAX_EVENTS or self._characters > MAX_CHARACTERS:
            self._outbox.clear()
            self.close(TOO_SLOW)
        self._wake.set()

    def close(self, code: int) -> None:
        """Send what waits, then close with `code`."""
        if self._code is None:
            self._code = code
            self._wake.set()

    async def drained(self) -> None:
        """Wait until a socket that is being closed has sent all it will send."""
        if self._writer is not None:
            await asyncio.wait([self._writer])

    def may_tell_typing(self, topic: str) -> bool:
        """True at most once in TYPING_SECONDS for each topic."""
        now = asyncio.get_running_loop().time()
        if now - self._typed_at.get(topic, -TYPING_SECONDS) < TYPING_SECONDS:
            return False
        self._typed_at[topic] = now
        return True

    def stop(self) -> None:
        """The connection is gone: no more writing."""
        self._code = self._code or 1006
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        try:
            await self._send_all()
        except Exception as error:  # what a server raises for a line that is gone differs
            logger.debug("a line broke while it was written to: %r", error)

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._outbox:
                frame = f"[{','.join(self._outbox)}]"
                self._outbox.clear()
                self._characters = 0
                await self._send(frame)
            if self._code is not None and not self._outbox:
                await self._close(self._code)
                return
