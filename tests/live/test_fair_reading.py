"""Input is parsed in slices, and connections share the event loop."""

import asyncio

import pytest

from live.transports import fair_reading
from live.transports.fair_reading import FairReader
from tests.waiting import until


class FakeTransport:
    def __init__(self) -> None:
        self.is_reading = True
        self.is_aborted = False

    def is_closing(self) -> bool:
        return self.is_aborted

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def abort(self) -> None:
        self.is_aborted = True


class Reader(FairReader):
    """Records the slices that it parses, in `parsed` together with those of other readers."""

    slice_bytes = 4

    def __init__(self, name: str = "a", parsed: list[str] | None = None) -> None:
        self.transport = FakeTransport()  # type: ignore[assignment]
        self.name = name
        self.parsed: list[str] = [] if parsed is None else parsed

    def parse(self, data: bytes) -> None:
        self.parsed.append(self.name + data.decode())


@pytest.fixture
def slow(monkeypatch):
    """Let each connection parse one slice in an iteration."""
    monkeypatch.setattr(fair_reading, "SHARE_SECONDS", 0)


async def test_small_input_is_parsed_immediately():
    reader = Reader()
    reader.data_received(b"1234")
    assert reader.parsed == ["a1234"]


async def test_large_input_is_parsed_immediately_if_no_other_connection_waits():
    reader = Reader()
    reader.data_received(b"123456")
    assert reader.parsed == ["a1234", "a56"] and reader.transport.is_reading


async def test_input_beyond_its_share_waits_for_its_turn_while_the_connection_is_not_read(slow):
    reader = Reader()
    reader.data_received(b"123456")
    assert reader.parsed == ["a1234"] and not reader.transport.is_reading
    await until(lambda: reader.transport.is_reading, "all is parsed")
    assert reader.parsed == ["a1234", "a56"]


async def test_large_input_waits_if_another_connection_does(slow):
    first, second = Reader("a"), Reader("b")
    first.data_received(b"123456")
    second.data_received(b"123456")
    assert second.parsed == [] and not second.transport.is_reading
    second.data_received(b"7")
    await until(lambda: second.transport.is_reading, "all is parsed")
    assert second.parsed == ["b1234", "b567"]


async def test_connections_take_turns(slow):
    parsed: list[str] = []
    one, two = Reader("a", parsed), Reader("b", parsed)
    one.data_received(b"111122223333")
    two.data_received(b"444455556666")
    await until(lambda: len(parsed) == 6, "all is parsed")
    assert parsed == ["a1111", "a2222", "b4444", "a3333", "b5555", "b6666"]


async def test_an_iteration_parses_only_for_a_bounded_time(monkeypatch, slow):
    monkeypatch.setattr(fair_reading, "TURN_SECONDS", 0)
    parsed: list[str] = []
    readers = [Reader(name, parsed) for name in "abc"]
    for reader in readers:
        reader.data_received(b"12345678")
    assert parsed == ["a1234"]
    await asyncio.sleep(0)
    assert parsed == ["a1234", "a5678"]
    await until(lambda: len(parsed) == 6, "all is parsed")


async def test_input_of_a_held_connection_waits():
    reader = Reader()
    reader.pause_reading()
    reader.data_received(b"1")
    reader.data_received(b"2")
    for _ in range(3):
        await asyncio.sleep(0)
    assert reader.parsed == [] and not reader.transport.is_reading
    reader.resume_reading()
    await until(lambda: reader.transport.is_reading, "all is parsed")
    assert reader.parsed == ["a12"]


async def test_a_slice_can_hold_back_the_rest(slow):
    class HoldingReader(Reader):
        def parse(self, data: bytes) -> None:
            super().parse(data)
            self.pause_reading()

    reader = HoldingReader()
    reader.data_received(b"123456")
    await until(lambda: reader.parsed, "the first slice is parsed")
    for _ in range(3):
        await asyncio.sleep(0)
    assert reader.parsed == ["a1234"] and not reader.transport.is_reading
    reader.resume_reading()
    await until(lambda: len(reader.parsed) == 2, "the rest is parsed")


async def test_a_slice_can_discard_the_rest():
    class DiscardingReader(Reader):
        def parse(self, data: bytes) -> None:
            super().parse(data)
            self.discard_received()

    reader = DiscardingReader()
    reader.data_received(b"123456")
    await until(lambda: reader.transport.is_reading, "the rest is discarded")
    assert reader.parsed == ["a1234"]


async def test_nothing_is_parsed_after_the_connection_closes(slow):
    reader = Reader()
    reader.data_received(b"123456")
    reader.transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)
    assert reader.parsed == ["a1234"]


async def test_an_error_closes_its_connection_and_no_other():
    class FailingReader(Reader):
        def parse(self, data: bytes) -> None:
            raise ValueError

    failing, other = FailingReader(), Reader()
    failing.data_received(b"123456")
    other.data_received(b"123456")
    await until(lambda: len(other.parsed) == 2, "the other is parsed")
    assert failing.transport.is_aborted and not other.transport.is_aborted
