"""Write frames as server-sent events, for clients whose network blocks WebSockets.

A message is a frame of the live protocol. An event named `close` has the code and the reason of a close frame.
"""

import asyncio
from collections.abc import Callable

import msgspec

from live.transports.base import Send, Transport, start
from live.transports.frames import text_of

Close = Callable[[], None]


class EventStreamTransport(Transport):
    """`is_closed`: set once the last event has been sent."""

    __slots__ = ("_is_writable", "is_closed")

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._is_writable = True
        self.is_closed = asyncio.Event()

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def write(self, frame: bytes) -> None:
        self._is_writable = False
        start(self._write(f"data: {text_of(frame)}\n\n".encode()))

    async def _write(self, event: bytes) -> None:
        await self._send({"type": "http.response.body", "body": event, "more_body": True})
        self._is_writable = True
        self.on_writable()

    async def _close(self, code: int, reason: str) -> None:
        event = b"event: close\ndata: " + msgspec.json.encode({"code": code, "reason": reason}) + b"\n\n"
        try:
            await self._send({"type": "http.response.body", "body": event})
        finally:
            self.is_closed.set()


class OrderedInput:
    """Frames that arrive by requests of their own. While a session pauses, they wait. See `RawConnection`."""

    on_writable: Callable[[], None] | None = None
    is_writable = True

    def __init__(self) -> None:
        self.receive: Callable[[str], None] = _ignore

    def take_over(self, on_text: Callable[[str], None], on_flood: Close, on_disconnect: Close) -> None:
        self.receive = on_text

    def pause_reading(self) -> None:
        """The session keeps the frames that it receives meanwhile."""

    def resume_reading(self) -> None:
        pass

    def write(self, frame: bytes) -> None:
        raise NotImplementedError

    def ignore_backpressure(self) -> None:
        pass

    def abort(self) -> None:
        pass


def _ignore(text: str) -> None:
    pass
