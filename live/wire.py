"""Uvicorn's WebSocket protocol, with a way to write one frame to many sockets.

Uvicorn makes a frame of each message it is given to send, in a task of each socket; a room's thousand
sockets get the same bytes. Here the application may write a frame made beforehand straight to the
transport (docs/performance.md has the figures). Nothing else differs, and an application that does not
look for the extension in its scope notices nothing.
"""

import socket
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from live.line import WIRE

# What the kernel may keep for a socket that does not read (it doubles this). Its own rule lets that grow to
# megabytes, by which a slow reader is noticed minutes too late.
SEND_BUFFER_BYTES = 128 * 1024


class WireProtocol(WebSocketsSansIOProtocol):
    on_writable: Callable[[], None] | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions = cast(dict[str, Any], self.scope["extensions"])
            extensions[WIRE] = self
            if (connection := self.transport.get_extra_info("socket")) is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

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
