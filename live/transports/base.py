"""The transport of a socket: how frames are written to a client and the connection is closed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

_tasks: set[asyncio.Task[None]] = set()  # the loop keeps only weak references


class Transport:
    """Write frames while `is_writable` is true. `on_writable` is called when it becomes true again."""

    __slots__ = ("_send", "on_writable")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.on_writable: Callable[[], None] = _do_nothing

    @property
    def is_writable(self) -> bool:
        raise NotImplementedError

    def write(self, frame: bytes) -> None:
        raise NotImplementedError

    def release(self) -> None:
        """Break the reference cycle with the socket. Call this once the connection is lost."""
        self.on_writable = _do_nothing

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame after the frames already written."""
        start(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception:
            if code >= 4000:
                raise
            await self._send({"type": "websocket.close"})  # Autobahn, under Daphne, sends no code between 1001 and 2999


def start(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in the background. Errors, such as a lost connection, are logged rather than raised."""
    task = asyncio.get_running_loop().create_task(_guarded(work))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # servers raise different errors for a lost connection
        logger.debug("writing to a connection failed: %r", error)


def _do_nothing() -> None:
    pass
