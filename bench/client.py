"""One client's WebSocket, which counts what arrives."""

import asyncio
from collections.abc import Callable
from time import perf_counter

from bench.delivery_tracker import Tally
from bench.protocols import Dialect, Seat
from bench.ws_frames import CLOSE, PING, PONG, client_frame, payload_span

READ_BYTES = 1 << 20
_buffer = bytearray(READ_BYTES)  # for all lines: each read is consumed before the next
_view = memoryview(_buffer)

OnAck = Callable[[str], None]


class Broken(Exception):
    """The peer did what no measurement may be built on."""


class Line(asyncio.BufferedProtocol):
    """`ready` is done when the server has taken the socket in; `failure` says why the line is worth nothing."""

    def __init__(self, dialect: Dialect, seat: Seat, tally: Tally, handshake: bytes) -> None:
        self.dialect, self.seat, self.tally = dialect, seat, tally
        self.position = 0
        self.on_ack: OnAck = lambda ref: None
        self.heard_at = 0.0
        self.failure = ""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_open = False
        self._handshake = handshake
        self._is_upgraded = False
        self._rest = bytearray()
        self._wanted = 0  # how long the rest must be before it is worth a look

    def post(self, ref: str, body: str) -> None:
        self.transport.write(client_frame(self.dialect.post(self.seat, ref, body)))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.write(self._handshake)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the server ended the connection ({error})")

    def get_buffer(self, sizehint: int) -> memoryview:
        return _view

    def buffer_updated(self, count: int) -> None:
        if not self._rest:
            used = self._consume(_buffer, count)
            if used < count:
                self._rest += _view[used:count]
            return
        self._rest += _view[:count]
        if len(self._rest) >= self._wanted:
            del self._rest[: self._consume(self._rest, len(self._rest))]

    def _consume(self, data: bytearray, end: int) -> int:
        """Read all whole frames; return where the first that is not whole begins."""
        at = 0 if self._is_upgraded else self._read_upgrade(data, end)
        known = self.tally.known
        self._wanted = 0
        while at < end:
            for frame in known.get(self.position, ()):
                if data.startswith(frame.raw, at, end):
                    at += frame.size
                    if frame.to != self.position:
                        since, self.position = self.position, frame.to
                        self.tally.move(since, frame.to)
                    break
            else:
                span = payload_span(data, at, end)
                if span is None or span[1] > end:
                    self._wanted = span[1] - at if span else 0
                    return at
                self._read(bytes(data[at : span[1]]), span[0] - at)
                at = span[1]
        return at

    def _read_upgrade(self, data: bytearray, end: int) -> int:
        stop = data.find(b"\r\n\r\n", 0, end)
        if stop < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self._fail(f"the handshake was answered with {bytes(data[:60])!r}")
            return end
        self._is_upgraded = True
        if self.dialect.is_ready_at_once:
            self._open(0)
        return stop + 4

    def _read(self, raw: bytes, head: int) -> None:
        kind, payload = raw[0] & 15, raw[head:]
        if kind == PING:
            self.transport.write(client_frame(payload, PONG))
        elif kind == CLOSE:
            self._fail(f"the server closed the socket with {int.from_bytes(payload[:2], 'big')}")
        else:
            self._hear(raw, payload)

    def _hear(self, raw: bytes, payload: bytes) -> None:
        self.heard_at = perf_counter()  # a server's pings never end
        heard = self.dialect.read(self.seat, payload, self.position)
        if heard.opened is not None:
            self._open(heard.opened)
        if heard.failure:
            self._fail(heard.failure)
        if heard.reply:
            self.transport.write(client_frame(heard.reply))
        if heard.is_shared:
            self.tally.learn(self.position, raw, heard.position)
        if heard.position > self.position and self.is_open:
            since, self.position = self.position, heard.position
            self.tally.move(since, self.position)
        for ref in heard.acks:
            self.on_ack(ref)

    def _open(self, position: int) -> None:
        self.position = position
        self.is_open = True
        self.tally.join(position)
        if not self.ready.done():
            self.ready.set_result(None)

    def _fail(self, why: str) -> None:
        self.failure = self.failure or why
        if not self.ready.done():
            self.ready.set_exception(Broken(why))
