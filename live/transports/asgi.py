"""Write to a WebSocket through ASGI, on any server."""

from live.transports.base import Send, Transport, start
from live.transports.frames import text_of


class AsgiTransport(Transport):
    """Send one frame at a time with ASGI's `send`."""

    __slots__ = ("_is_writable",)

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._is_writable = True

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def write(self, frame: bytes) -> None:
        self._is_writable = False
        start(self._write(text_of(frame)))

    async def _write(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})
        self._is_writable = True
        self.on_writable()
