"""Write frames directly to the connection, on servers that provide it as an extension in the ASGI scope."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from live.transports.asgi import AsgiTransport
from live.transports.base import Send, Transport

RAW_CONNECTION = "chatsite.raw_connection"  # key in the scope's extensions
ABORT_SECONDS = 10.0  # the time allowed for the client to accept the close frame


class RawConnection(Protocol):
    """The interface of the connection that `live.transports.uvicorn` provides."""

    on_writable: Callable[[], None] | None

    @property
    def is_writable(self) -> bool: ...
    def write(self, frame: bytes) -> None: ...
    def ignore_backpressure(self) -> None: ...
    def abort(self) -> None: ...
    def take_over(
        self, on_text: Callable[[str], None], on_flood: Callable[[], None], on_disconnect: Callable[[], None]
    ) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class DirectTransport(Transport):
    """Write frames without copying them. All sockets in a room share the same frames."""

    __slots__ = ("_connection",)

    def __init__(self, send: Send, connection: RawConnection) -> None:
        super().__init__(send)
        self._connection = connection
        connection.on_writable = self._notify_writable

    @property
    def is_writable(self) -> bool:
        return self._connection.is_writable

    def write(self, frame: bytes) -> None:
        self._connection.write(frame)

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, even to a client that reads nothing, and abort if it does not close in time."""
        self._connection.ignore_backpressure()
        super().close(code, reason)
        asyncio.get_running_loop().call_later(ABORT_SECONDS, self._connection.abort)

    def _notify_writable(self) -> None:
        self.on_writable()  # looked up late, because the socket sets it after the transport has been created


def transport_for(scope: Any, send: Send) -> Transport:
    """Return the best transport that the server of this connection supports."""
    connection = scope.get("extensions", {}).get(RAW_CONNECTION)
    return AsgiTransport(send) if connection is None else DirectTransport(send, connection)
