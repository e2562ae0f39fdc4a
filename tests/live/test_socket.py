"""Sockets: shared frames, bounded outboxes, blocked clients and closing."""

import asyncio
import json

import pytest
from websockets.frames import Frame
from websockets.streams import StreamReader

from live import flusher as flushers
from live import socket as sockets
from live.flusher import Flusher
from live.socket import Socket
from live.transports.base import Transport
from live.transports.frames import frame_of, text_of


class FakeTransport(Transport):
    """Records frames. `block` makes it unwritable, as if the client did not read."""

    def __init__(self) -> None:
        super().__init__(self._send_nothing)
        self.frames: list[bytes] = []
        self.code: int | None = None
        self.closed = asyncio.Event()
        self._is_writable = True

    async def _send_nothing(self, message: dict) -> None:
        raise AssertionError("a fake transport has no server")

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def write(self, frame: bytes) -> None:
        assert self._is_writable and self.code is None
        self.frames.append(frame)

    def close(self, code: int, reason: str = "") -> None:
        assert self.code is None
        self.code = code
        self.closed.set()

    def block(self) -> None:
        self._is_writable = False

    def unblock(self) -> None:
        self._is_writable = True
        self.on_writable()

    @property
    def events(self) -> list:
        return [event for frame in self.frames for event in json.loads(text_of(frame))]


@pytest.fixture
def flusher() -> Flusher:
    return Flusher()


@pytest.fixture
async def pair(flusher) -> tuple[Socket, FakeTransport]:
    transport = FakeTransport()
    socket = Socket(user_id=1, transport=transport, flusher=flusher)
    socket.open("0")
    await settle()
    return socket, transport


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_readable_by_a_websocket_library(length):
    payload = b"x" * length
    reader = StreamReader()
    reader.feed_data(frame_of(payload))
    parser = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parser)
    assert done.value.value.data == payload
    assert text_of(frame_of(payload)) == payload.decode()


async def test_sockets_with_the_same_events_share_one_frame(flusher):
    transports = [FakeTransport() for _ in range(3)]
    for number, transport in enumerate(transports):
        Socket(user_id=number, transport=transport, flusher=flusher).open("0")
    await settle()
    assert len({id(transport.frames[0]) for transport in transports}) == 1


@pytest.mark.parametrize(("bound", "value"), [("SLICE", 2), ("SLICE_SECONDS", 0.0)])
async def test_the_loop_runs_between_two_slices_of_sockets(flusher, monkeypatch, bound, value):
    monkeypatch.setattr(flushers, bound, value)
    transports = [FakeTransport() for _ in range(5)]
    for transport in transports:
        Socket(user_id=1, transport=transport, flusher=flusher).open("0")
    served = []
    while not all(transport.frames for transport in transports):
        await asyncio.sleep(0)
        served.append(sum(bool(transport.frames) for transport in transports))
    assert served[0] < len(transports) == served[-1]


async def test_a_blocked_socket_receives_waiting_events_in_order_once_it_reads(pair):
    socket, transport = pair
    transport.block()
    for number in (1, 2):
        socket.push(str(number))
        await settle()
    assert transport.events == [0]
    transport.unblock()
    await settle()
    socket.push("3")
    await settle()
    assert transport.events == [0, 1, 2, 3]


async def test_a_long_backlog_is_sent_in_bounded_frames(pair, monkeypatch):
    monkeypatch.setattr(sockets, "FRAME_CHARACTERS", 10)
    socket, transport = pair
    events = ["1234", "12345", "12", '"longer than any frame"', "1"]
    for text in events:
        socket.push(text)
    await settle()
    assert [text_of(frame) for frame in transport.frames[1:]] == ["[1234,12345]", "[12]", f"[{events[3]}]", "[1]"]


@pytest.mark.parametrize(("bound", "value"), [("MAX_EVENTS", 2), ("MAX_CHARACTERS", 2)])
async def test_an_overflowing_outbox_closes_the_socket(pair, monkeypatch, bound, value):
    monkeypatch.setattr(sockets, bound, value)
    socket, transport = pair
    transport.block()
    for _ in range(4):
        socket.push("1")
    await settle()
    assert transport.code is None
    socket.push("1")
    assert transport.code == 4408
    socket.push("1")
    transport.unblock()
    await settle()
    assert transport.events == [0]


async def test_full_outbox_skips_a_rooms_events_and_makes_the_client_request_them(flusher, monkeypatch):
    monkeypatch.setattr(sockets, "MAX_EVENTS", 3)
    transport = FakeTransport()
    socket = Socket(
        user_id=1,
        transport=transport,
        flusher=flusher,
        describe_missed=lambda topic, since: json.dumps([topic, since]),
    )
    socket.topics |= {"room:1", "room:2"}
    socket.open("0")
    await settle()
    transport.block()
    for version in range(1, 9):
        socket.push_changes("room:1", version - 1, str(version), 1)
    socket.push_changes("room:2", 40, "41", 1)
    socket.push_changes("room:3", 50, "51", 1)  # its client leaves this room before it reads
    socket.push('"a reply"')
    transport.unblock()
    await settle()
    socket.push_changes("room:1", 8, "9", 1)
    await settle()
    assert transport.events == [0, 1, 2, 3, "a reply", ["room:1", 3], ["room:2", 40], 9]
    assert transport.code is None


async def test_event_larger_than_an_outbox_is_sent(pair, monkeypatch):
    monkeypatch.setattr(sockets, "MAX_CHARACTERS", 3)
    socket, transport = pair
    socket.push("12345")
    await settle()
    assert (transport.events, transport.code) == ([0, 12345], None)


async def test_error_while_writing_closes_only_that_socket(flusher, monkeypatch):
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 0.01)
    transports = [FakeTransport() for _ in range(3)]
    all_sockets = [Socket(user_id=1, transport=each, flusher=flusher) for each in transports]

    def fail(frame: bytes) -> None:
        raise OSError

    transports[1].write = fail
    for socket in all_sockets:
        socket.open("0")
    await asyncio.wait_for(transports[1].closed.wait(), 5)
    for socket in all_sockets:
        socket.push("1")
    await settle()
    assert [each.events for each in transports] == [[0, 1], [], [0, 1]]
    assert [each.code for each in transports] == [None, 1011, None]


async def test_frame_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(flushers, "MAX_CACHED", 100)
    frames = flushers.FrameCache()
    for number in range(50):
        assert text_of(frames.frame_for((str(number), '"some text"'))) == f'[{number},"some text"]'
    assert len(frames._frames) < 10


@pytest.mark.parametrize("end", ["unblock", "stop", "close"])
async def test_waiting_for_an_empty_outbox_ends(pair, monkeypatch, end):
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 0.01)
    socket, transport = pair
    await socket.wait_until_written()
    transport.block()
    socket.push("1")
    waiting = asyncio.create_task(socket.wait_until_written())
    await settle()
    assert not waiting.done()
    {"unblock": transport.unblock, "stop": socket.stop, "close": lambda: socket.close(1012)}[end]()
    await asyncio.wait_for(waiting, 5)


async def test_a_stalled_socket_is_closed(pair, monkeypatch):
    monkeypatch.setattr(flushers, "STALLED_SECONDS", 0.05)
    socket, transport = pair
    transport.block()
    socket.push("1")
    await asyncio.wait_for(transport.closed.wait(), 5)
    assert transport.code == 4408


async def test_waiting_events_are_sent_before_the_close_frame(pair):
    socket, transport = pair
    socket.push("1")
    socket.close(1012)
    socket.push("2")
    await settle()
    assert (transport.events, transport.code) == ([0, 1], 1012)


async def test_a_blocked_socket_is_closed_after_a_moment(pair, monkeypatch):
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 0.05)
    socket, transport = pair
    transport.block()
    socket.push("1")
    socket.close(4401)
    await asyncio.wait_for(transport.closed.wait(), 5)
    assert transport.events == [0]


async def test_a_socket_closed_before_its_welcome_receives_nothing(flusher):
    transport = FakeTransport()
    socket = Socket(user_id=1, transport=transport, flusher=flusher)
    socket.push("1")
    socket.close(4401)
    socket.open("0")
    await settle()
    assert (transport.frames, transport.code) == ([], 4401)


async def test_a_disconnected_socket_is_not_written_to(pair):
    socket, transport = pair
    socket.push("1")
    socket.stop()
    await settle()
    assert (transport.events, transport.code) == ([0], None)
