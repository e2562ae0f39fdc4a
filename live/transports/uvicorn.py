"""Uvicorn's WebSocket protocol, with a shorter way in and out for sockets that live long.

Out: Uvicorn makes a frame of each message it is given to send, in a task of each socket; a room's
thousand sockets get the same bytes. Here one frame, made beforehand, is written straight to the transport.

In: ASGI keeps for each socket a task with a coroutine for every layer that the request passed, the
request itself, and a queue that it stops reading for. After `take_over` frames and the end are told by
calls, and the application returns: a third of the memory, a third less work for each command
(docs/performance.md has the figures).

An application that does not look for the extension in its scope notices nothing of all this.
"""

import socket
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from live.transports.asgi import RAW_CONNECTION

# What the kernel may keep for a socket that does not read (it doubles this). Its own rule lets that grow to
# megabytes, by which a slow reader is noticed minutes too late.
SEND_BUFFER_BYTES = 128 * 1024

OnText = Callable[[str], None]
Call = Callable[[], None]


class DirectWebSocketProtocol(WebSocketsSansIOProtocol):
    on_writable: Call | None = None
    _on_text: OnText | None = None
    _on_gone: Call | None = None

    # -- for the application ----------------------------------------------------------------------

    def take_over(self, on_text: OnText, on_gone: Call) -> None:
        """Call `on_text` for every frame from now on, a binary one as "", and `on_gone` once at the end.

        What came before is handed over at once. The application may return.
        """
        self._on_text, self._on_gone = on_text, on_gone
        waiting, self.queue = self.queue, cast(Any, _NOBODY)
        self.writable = cast(Any, _Flag(self.writable.is_set()))
        self.scope, self.request, self.response = cast(Any, {}), cast(Any, None), cast(Any, None)
        while not waiting.empty():
            message = cast(dict[str, Any], waiting.get_nowait())
            if message["type"] == "websocket.receive":
                on_text(message.get("text") or "")
            else:
                self._tell_gone()
        self.release()

    def hold(self) -> None:
        """Read nothing more for now."""
        if not self.read_paused and not self.transport.is_closing():
            self.read_paused = True
            self.transport.pause_reading()

    def release(self) -> None:
        if self.read_paused and not self.transport.is_closing():
            self.read_paused = False
            self.transport.resume_reading()

    @property
    def is_writable(self) -> bool:
        return self.writable.is_set()

    def write(self, frame: bytes) -> None:
        """Send a whole frame; one that comes after the close frame is dropped."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame)

    def force(self) -> None:
        """Let the close frame go to the transport now, also behind what the other side does not take."""
        self.writable.set()

    def abort(self) -> None:
        """Cut the connection."""
        if not self.disconnected:
            self.transport.abort()

    # -- what Uvicorn calls -----------------------------------------------------------------------

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            cast(dict[str, Any], self.scope["extensions"])[RAW_CONNECTION] = self
            if (connection := self.transport.get_extra_info("socket")) is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def handle_ping(self) -> None:
        """Uvicorn answers every ping, also of a client that takes no answer: its pongs would fill the memory."""
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)

    async def run_asgi(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except BaseException:
            self.logger.exception("Exception in ASGI application\n")
        if not self.handshake_complete:
            self.send_500_response()
        if self._on_text is None and self.close_timer is None:
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self._on_text is None:
            super().send_receive_event_to_app()
            return
        data, self.frames = b"".join(self.frames), []
        if self.close_sent:
            return
        try:
            text = data.decode() if self.curr_msg_data_type == "text" else ""
        except UnicodeDecodeError:
            self.conn.send_close(1007)
            self.handle_parser_exception()
        else:
            self._on_text(text)

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.close":
            self._tell_gone()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._tell_gone()

    def _tell_gone(self) -> None:
        on_gone, self._on_gone = self._on_gone, None
        if on_gone is not None:
            on_gone()


class _Nobody:
    """The queue of an application that was told by calls."""

    def put_nowait(self, message: object) -> None:
        pass


class _Flag:
    """An `asyncio.Event` that nobody waits for, in a tenth of its memory."""

    __slots__ = ("_is_set",)

    def __init__(self, is_set: bool) -> None:
        self._is_set = is_set

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> None:
        pass


_NOBODY = _Nobody()
