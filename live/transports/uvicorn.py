"""Uvicorn's WebSocket protocol with direct output and callbacks for input, for long-lived sockets.

Output: Uvicorn encodes a frame for each message and socket, in the socket's own task, even if a thousand sockets in a
room get the same bytes. Here a frame is encoded once and written directly to each transport.

Input: For each socket, ASGI keeps a task with a coroutine for every layer that the request passed through, the request
itself, and a queue. After `take_over`, callbacks deliver frames and the disconnect, and the application returns. This
takes a third of the memory, and a third less work for each command (see docs/performance.md for the figures).

Other frames, such as pings and fragments, are limited per connection; a normal client sends a few per minute. Without
the limit, one connection could keep a core busy with them.

Applications that do not use the extension in the scope are not affected.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import Protocol, State

from live.transports.direct import RAW_CONNECTION
from live.transports.fair_reading import FairReader

# Limits the buffer for a client that does not read (the kernel doubles the value). By default, the buffer grows to
# several megabytes, and a slow reader is noticed minutes too late.
SEND_BUFFER_BYTES = 128 * 1024

# Pings, pongs and fragments: the burst and the sustained rate.
MAX_OTHER_FRAMES = 500
OTHER_FRAMES_PER_SECOND = 50

OnText = Callable[[str], None]
Callback = Callable[[], None]


class DirectWebSocketProtocol(FairReader, WebSocketsSansIOProtocol):
    # Uvicorn's attributes, which take a kilobyte more in a dictionary, because Python only shares the keys of up to 30.
    __slots__ = (
        *("app", "app_state", "asgi_version", "client", "close_sent", "close_timeout", "close_timer", "config", "conn"),
        *("connections", "curr_msg_data_type", "default_headers", "disconnected", "frames", "handshake_complete"),
        *("handshake_initiated", "initial_response", "last_ping_rtt", "logger", "loop", "pending_ping_payload"),
        *("ping_interval", "ping_sent_at", "ping_timeout", "ping_timer", "pong_timer", "queue", "read_paused"),
        *("request", "response", "root_path", "scheme", "scope", "server", "tasks", "transport", "writable"),
    )
    slice_bytes = 2048  # up to 341 frames, or all that an active page sends at once

    transport: asyncio.Transport
    on_writable: Callback | None = None
    _on_text: OnText | None = None
    _on_disconnect: Callback | None = None
    _on_flood: Callback | None = None
    _other_frames_left = float(MAX_OTHER_FRAMES)
    _other_frame_at = 0.0
    _is_flooding = False

    # -- for the application ----------------------------------------------------------------------

    def take_over(self, on_text: OnText, on_flood: Callback, on_disconnect: Callback) -> None:
        """Call `on_text` for each subsequent frame, with "" for a binary one, and `on_disconnect` once at the end.

        `on_flood` should close a connection that sends too many other frames; nothing more is read from it.
        Frames received earlier are delivered immediately. The application may return after this call.
        """
        self._on_text, self._on_flood, self._on_disconnect = on_text, on_flood, on_disconnect
        received, self.queue = self.queue, cast(Any, _NULL_QUEUE)
        self.writable = cast(Any, _Flag(self.writable.is_set()))
        self.scope, self.request, self.response = cast(Any, {}), cast(Any, None), cast(Any, None)
        while not received.empty():
            message = cast(dict[str, Any], received.get_nowait())
            if message["type"] == "websocket.receive":
                on_text(message.get("text") or "")
            else:
                self._notify_disconnect()
        self.resume_reading()

    def resume_reading(self) -> None:
        if not self._is_flooding:
            super().resume_reading()

    @property
    def is_writable(self) -> bool:
        return self.writable.is_set()

    def write(self, frame: bytes) -> None:
        """Write a complete frame. Drop it if the close frame has already been sent."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame)

    def ignore_backpressure(self) -> None:
        """Let Uvicorn write the close frame immediately, even if the client reads nothing."""
        self.writable.set()

    def abort(self) -> None:
        if not self.disconnected:
            self.transport.abort()

    # -- for the HTTP protocol --------------------------------------------------------------------

    def start_handshake(self, method: str, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Handle the request for a WebSocket, which the HTTP protocol has parsed.

        Uvicorn would serialize it for websockets, which would parse it again and keep it as long as the connection.
        """
        try:
            fields = Headers([(name.decode(), value.decode("latin-1")) for name, value in headers])
            request = Request(url.decode("ascii"), fields, method, "HTTP/1.1")
        except (UnicodeDecodeError, InvalidHeader):
            self.transport.write(self.conn.reject(HTTPStatus.BAD_REQUEST, "Invalid handshake.\n").serialize())
            self.handshake_complete = self.close_sent = True
            self.transport.close()
            return
        self.conn.parser.close()
        self.conn.parser = Protocol.parse(self.conn)  # without `ServerProtocol.parse`, which reads the request
        next(self.conn.parser)
        self.handle_connect(request)

    # -- what Uvicorn calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # Uvicorn breaks this cycle when an HTTP connection is lost, but not when it becomes a WebSocket.
        cast(Any, self.transport.get_protocol()).parser = None

    def parse(self, data: bytes) -> None:
        WebSocketsSansIOProtocol.data_received(self, data)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.pause_reading()  # until the handshake is complete
            cast(dict[str, Any], self.scope["extensions"])[RAW_CONNECTION] = self
            if (connection := self.transport.get_extra_info("socket")) is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def handle_text(self, event: Frame) -> None:
        if event.fin or self._count_other_frame():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if event.fin or self._count_other_frame():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        if self._count_other_frame():
            super().handle_cont(event)

    def handle_pong(self, event: Frame) -> None:
        if self._count_other_frame():
            super().handle_pong(event)

    def handle_ping(self) -> None:
        """Drop pongs for a client that does not read, because Uvicorn would buffer an unlimited number of them."""
        pong = b"".join(self.conn.data_to_send())
        if self._count_other_frame() and self.writable.is_set():
            self.transport.write(pong)

    def _count_other_frame(self) -> bool:
        """Return whether the frame is within the limit. Otherwise, stop reading, and report it once."""
        now = self.loop.time()
        left = self._other_frames_left + (now - self._other_frame_at) * OTHER_FRAMES_PER_SECOND
        self._other_frames_left = min(left, MAX_OTHER_FRAMES) - 1
        self._other_frame_at = now
        if self._other_frames_left < 0 and not self._is_flooding:
            self._is_flooding = True
            self.discard_received()
            self.pause_reading()
            (self._on_flood or self.abort)()
        return not self._is_flooding

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
        if self.disconnected:
            self._break_cycles()  # those made since then

    def send_receive_event_to_app(self) -> None:
        data, self.frames = b"".join(self.frames), []
        if self.close_sent:
            return
        try:
            text = data.decode() if self.curr_msg_data_type == "text" else ""
        except UnicodeDecodeError:
            if self.conn.state is State.OPEN:  # the client hasn't sent a close frame
                self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        if self._on_text is not None:
            self._on_text(text)
        else:
            self.queue.put_nowait({"type": "websocket.receive", "text": text})
            self.pause_reading()

    async def receive(self) -> Any:
        event = await self.queue.get()
        if self.handshake_complete and self.queue.empty():
            self.resume_reading()
        return event

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.close":
            self._notify_disconnect()
        if message["type"] in ("websocket.accept", "websocket.close"):
            self.resume_reading()  # after a close, to receive the client's close frame

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._notify_disconnect()
        self._break_cycles()

    def _notify_disconnect(self) -> None:
        on_disconnect, self._on_disconnect = self._on_disconnect, None
        if on_disconnect is not None:
            on_disconnect()

    def _break_cycles(self) -> None:
        """Free the connection at once: the garbage collector rarely examines objects as old as this one."""
        self.on_writable = None
        self.conn.parser.close()
        if self._on_text is not None:
            self._on_text, self._on_flood = _ignore, None


def _ignore(text: str) -> None:
    pass


class _NullQueue:
    """Replaces the queue of an application that uses callbacks."""

    def put_nowait(self, message: object) -> None:
        pass


class _Flag:
    """A replacement for `asyncio.Event` that has no waiters and takes a tenth of the memory."""

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


_NULL_QUEUE = _NullQueue()
