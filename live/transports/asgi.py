"""The far end of a socket, as the server of the moment lets us write to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from live.transports.frames import text_in

logger = logging.getLogger(__name__)

RAW_CONNECTION = "chatsite.wire"  # the name of the extension in the ASGI scope
CUT_SECONDS = 10.0  # for the other side to take the close frame; then the connection is cut

Send = Callable[[dict[str, Any]], Awaitable[None]]

_tasks: set[asyncio.Task[None]] = set()  # the loop itself would let them be collected


class RawConnection(Protocol):
    """What a server offers in the ASGI scope beyond ASGI; see `live.transports.uvicorn`."""

    on_writable: Callable[[], None] | None

    @property
    def is_writable(self) -> bool: ...
    def write(self, frame: bytes) -> None: ...
    def force(self) -> None: ...
    def abort(self) -> None: ...
    def take_over(self, on_text: Callable[[str], None], on_gone: Callable[[], None]) -> None: ...
    def hold(self) -> None: ...
    def release(self) -> None: ...


class Transport:
    """Writes frames and closes. While `is_writable` is false nothing may be written; `on_writable` is called
    when it is true again."""

    __slots__ = ("_send", "on_writable")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.on_writable: Callable[[], None] = _nothing

    @property
    def is_writable(self) -> bool:
        raise NotImplementedError

    def write(self, frame: bytes) -> None:
        raise NotImplementedError

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, after what was written."""
        _start(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception:
            if code >= 4000:
                raise
            await self._send({"type": "websocket.close"})  # Autobahn, under Daphne, sends no code between 1001 and 2999


class AsgiTransport(Transport):
    """For every server: one frame at a time, by ASGI's `send`."""

    __slots__ = ("_is_writable",)

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._is_writable = True

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def write(self, frame: bytes) -> None:
        self._is_writable = False
        _start(self._write(text_in(frame)))

    async def _write(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})
        self._is_writable = True
        self.on_writable()


class DirectTransport(Transport):
    """Hands the frame, which all sockets of a room share, to the transport."""

    __slots__ = ("_wire",)

    def __init__(self, send: Send, wire: RawConnection) -> None:
        super().__init__(send)
        self._wire = wire
        wire.on_writable = self._writable_again

    @property
    def is_writable(self) -> bool:
        return self._wire.is_writable

    def write(self, frame: bytes) -> None:
        self._wire.write(frame)

    def close(self, code: int, reason: str = "") -> None:
        self._wire.force()
        super().close(code, reason)
        asyncio.get_running_loop().call_later(CUT_SECONDS, self._wire.abort)

    def _writable_again(self) -> None:
        self.on_writable()


def transport_for(scope: Any, send: Send) -> Transport:
    """The best line that the server of this connection has."""
    wire = scope.get("extensions", {}).get(RAW_CONNECTION)
    return DirectTransport(send, wire) if wire is not None else AsgiTransport(send)


def _nothing() -> None:
    pass


def _start(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(_guarded(work))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # what a server raises for a line that is gone differs
        logger.debug("a line broke while it was written to: %r", error)
