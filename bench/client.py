"""A WebSocket client that counts received frames."""

import asyncio
from collections.abc import Callable
from time import perf_counter

from bench.delivery_tracker import DeliveryTracker
from bench.protocols import Participant, Protocol
from bench.ws_frames import CLOSE, PING, PONG, client_frame, payload_span

READ_BYTES = 1 << 20
_buffer = bytearray(READ_BYTES)  # shared by all clients: each read is consumed before the next
_view = memoryview(_buffer)

OnAck = Callable[[str], None]


class PeerError(Exception):
    """The peer did something that invalidates the measurements."""


class Client(asyncio.BufferedProtocol):
    """A client. `ready` is done when the server has accepted the socket. `failure` is the reason why it broke."""

    def __init__(
        self, protocol: Protocol, participant: Participant, tracker: DeliveryTracker, handshake: bytes
    ) -> None:
        self.protocol, self.participant, self.tracker = protocol, participant, tracker
        self.position = 0
        self.on_ack: OnAck = lambda ref: None
        self.last_received_at = 0.0
        self.failure = ""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_open = False
        self._handshake = handshake
        self._is_upgraded = False
        self._rest = bytearray()
        self._wanted = 0  # bytes needed before the rest can hold a frame

    def post(self, ref: str, body: str) -> None:
        self.transport.write(client_frame(self.protocol.post(self.participant, ref, body)))

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
        """Read all complete frames, and return the position of the first incomplete one."""
        at = 0 if self._is_upgraded else self._read_upgrade(data, end)
        known = self.tracker.known
        self._wanted = 0
        while at < end:
            for frame in known.get(self.position, ()):
                if data.startswith(frame.raw, at, end):
                    at += frame.size
                    if frame.to != self.position:
                        since, self.position = self.position, frame.to
                        self.tracker.move(since, frame.to)
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
        if self.protocol.is_ready_at_once:
            self._open(0)
        return stop + 4

    def _read(self, raw: bytes, head: int) -> None:
        kind, payload = raw[0] & 15, raw[head:]
        if kind == PING:
            self.transport.write(client_frame(payload, PONG))
        elif kind == CLOSE:
            self._fail(f"the server closed the socket with {int.from_bytes(payload[:2], 'big')}")
        else:
            self._receive(raw, payload)

    def _receive(self, raw: bytes, payload: bytes) -> None:
        self.last_received_at = perf_counter()  # not set for pings, which never stop
        received = self.protocol.read(self.participant, payload, self.position)
        if received.opened is not None:
            self._open(received.opened)
        if received.failure:
            self._fail(received.failure)
        if received.reply:
            self.transport.write(client_frame(received.reply))
        if received.is_shared:
            self.tracker.learn(self.position, raw, received.position)
        if received.position > self.position and self.is_open:
            since, self.position = self.position, received.position
            self.tracker.move(since, self.position)
        for ref in received.acks:
            self.on_ack(ref)

    def _open(self, position: int) -> None:
        self.position = position
        self.is_open = True
        self.tracker.join(position)
        if not self.ready.done():
            self.ready.set_result(None)

    def _fail(self, why: str) -> None:
        self.failure = self.failure or why
        if not self.ready.done():
            self.ready.set_exception(PeerError(why))
