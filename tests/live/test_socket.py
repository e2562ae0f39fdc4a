"""Outboxes: what leaves together, what a socket that does not read costs, and how it ends."""

import asyncio
import json

import pytest
from websockets.frames import Frame
from websockets.streams import StreamReader

from live import socket as sockets
from live.socket import Flusher, Socket
from live.transports.asgi import Line
from live.transports.frames import framed, text_in


class Wire(Line):
    """A transport that takes everything at once, or nothing."""

    def __init__(self) -> None:
        super().__init__(self._never)
        self.frames: list[bytes] = []
        self.code: int | None = None
        self.closed = asyncio.Event()
        self.takes = True

    async def _never(self, message: dict) -> None:
        raise AssertionError("a test's wire has no server")

    @property
    def is_writable(self) -> bool:
        return self.takes

    def write(self, frame: bytes) -> None:
        assert self.takes and self.code is None
        self.frames.append(frame)

    def close(self, code: int, reason: str = "") -> None:
        assert self.code is None
        self.code = code
        self.closed.set()

    def block(self) -> None:
        self.takes = False

    def free(self) -> None:
        self.takes = True
        self.on_writable()

    @property
    def events(self) -> list:
        return [event for frame in self.frames for event in json.loads(text_in(frame))]


@pytest.fixture
def flusher() -> Flusher:
    return Flusher()


@pytest.fixture
async def pair(flusher) -> tuple[Socket, Wire]:
    wire = Wire()
    socket = Socket(user_id=1, line=wire, flusher=flusher)
    socket.open("0")
    await settle()
    return socket, wire


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_what_a_websocket_library_reads(length):
    payload = b"x" * length
    reader = StreamReader()
    reader.feed_data(framed(payload))
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    assert done.value.value.data == payload
    assert text_in(framed(payload)) == payload.decode()


async def test_sockets_with_the_same_events_share_one_frame(flusher):
    wires = [Wire() for _ in range(3)]
    for number, wire in enumerate(wires):
        Socket(user_id=number, line=wire, flusher=flusher).open("0")
    await settle()
    assert len({id(wire.frames[0]) for wire in wires}) == 1


async def test_more_sockets_than_a_slice_are_all_served_and_the_loop_runs_in_between(flusher):
    wires = [Wire() for _ in range(sockets.SLICE * 2 + 1)]
    for wire in wires:
        Socket(user_id=1, line=wire, flusher=flusher).open("0")
    served = []
    while not all(wire.frames for wire in wires):
        await asyncio.sleep(0)
        served.append(sum(bool(wire.frames) for wire in wires))
    assert served[0] < len(wires)


async def test_what_waits_for_a_blocked_socket_leaves_in_order_when_it_reads_again(pair):
    socket, wire = pair
    wire.block()
    for number in (1, 2):
        socket.push(str(number))
        await settle()
    assert wire.events == [0]
    wire.free()
    await settle()
    socket.push("3")
    await settle()
    assert wire.events == [0, 1, 2, 3]


async def test_a_long_backlog_leaves_in_bounded_frames(pair, monkeypatch):
    monkeypatch.setattr(sockets, "FRAME_CHARACTERS", 10)
    socket, wire = pair
    events = ["1234", "12345", "12", '"longer than any frame"', "1"]
    for text in events:
        socket.push(text)
    await settle()
    assert [text_in(frame) for frame in wire.frames[1:]] == ["[1234,12345]", "[12]", f"[{events[3]}]", "[1]"]


@pytest.mark.parametrize(("bound", "value"), [("MAX_EVENTS", 3), ("MAX_CHARACTERS", 3)])
async def test_an_outbox_over_its_bound_closes_the_socket(pair, monkeypatch, bound, value):
    monkeypatch.setattr(sockets, bound, value)
    socket, wire = pair
    wire.block()
    for _ in range(3):
        socket.push("1")
    await settle()
    assert wire.code is None
    socket.push("1")
    assert wire.code == 4408
    socket.push("1")
    wire.free()
    await settle()
    assert wire.events == [0]


async def test_a_socket_that_takes_nothing_for_long_is_closed(pair, monkeypatch):
    monkeypatch.setattr(sockets, "STALLED_SECONDS", 0.05)
    socket, wire = pair
    wire.block()
    socket.push("1")
    await asyncio.wait_for(wire.closed.wait(), 5)
    assert wire.code == 4408


async def test_what_waits_is_sent_before_the_close(pair):
    socket, wire = pair
    socket.push("1")
    socket.close(1012)
    socket.push("2")
    await settle()
    assert (wire.events, wire.code) == ([0, 1], 1012)


async def test_a_blocked_socket_is_closed_all_the_same(pair, monkeypatch):
    monkeypatch.setattr(sockets, "FORCE_SECONDS", 0.05)
    socket, wire = pair
    wire.block()
    socket.push("1")
    socket.close(4401)
    await asyncio.wait_for(wire.closed.wait(), 5)
    assert wire.events == [0]


async def test_a_socket_closed_before_its_welcome_is_sent_nothing(flusher):
    wire = Wire()
    socket = Socket(user_id=1, line=wire, flusher=flusher)
    socket.push("1")
    socket.close(4401)
    socket.open("0")
    await settle()
    assert (wire.frames, wire.code) == ([], 4401)


async def test_a_socket_that_is_gone_is_not_written_to(pair):
    socket, wire = pair
    socket.push("1")
    socket.stop()
    await settle()
    assert (wire.events, wire.code) == ([0], None)
