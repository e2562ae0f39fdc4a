"""Shares the event loop among connections: input is parsed in slices, for a bounded time in each iteration of the loop.

One read from a connection returns up to 256 KB: 42,000 WebSocket pings, which take a second to parse, or as many chunks
of an HTTP body. No one else would be served in the meantime. Here, what cannot be parsed within a connection's share of
an iteration waits in a queue, and the connection is not read until all of it has been parsed.
"""

import asyncio
import logging
from collections import deque
from time import perf_counter  # uvloop's `time()` stands still during an iteration
from weakref import WeakKeyDictionary

SHARE_SECONDS = 0.002  # for one connection, in each iteration of the loop
TURN_SECONDS = 0.005  # for all connections with waiting input

logger = logging.getLogger(__name__)


class FairReader(asyncio.Protocol):
    """A mixin for protocols that passes input to `parse` in slices of `slice_bytes`.

    The protocol must call `pause_reading` and `resume_reading`, which also hold back input already received.
    """

    slice_bytes = 1024

    transport: asyncio.Transport
    _received = b""  # not parsed yet
    _is_held = False  # paused by the protocol
    _is_queued = False

    def parse(self, data: bytes) -> None:
        """Parse a slice of the input."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        if len(data) <= self.slice_bytes and not self._received and not self._is_held:
            self.parse(data)
        else:
            queue = _queue_of(asyncio.get_running_loop())
            is_immediate = not (queue or self._received or self._is_held)
            self._received += data
            self.transport.pause_reading()
            if is_immediate:  # so that several connections' posts are stored together
                queue.parse_share(self, perf_counter() + SHARE_SECONDS)
            else:
                self._queue()

    def pause_reading(self) -> None:
        self._is_held = True
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        self._is_held = False
        if self._received:
            self._queue()
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    def discard_received(self) -> None:
        """Discard the input that has not been parsed yet."""
        self._received = b""

    def parse_share(self, until: float) -> None:
        """Parse received input until `until` (on the clock of `perf_counter`). Read more once all of it is parsed."""
        self._is_queued = False
        at = 0
        while at < len(self._received) and not self._is_held and not self.transport.is_closing():
            start, at = at, at + self.slice_bytes
            self.parse(self._received[start:at])
            if perf_counter() >= until:
                break
        self._received = b"" if self.transport.is_closing() else self._received[at:]
        if not self._is_held:
            self.resume_reading()

    def _queue(self) -> None:
        if not self._is_queued and not self._is_held:
            self._is_queued = True
            _queue_of(asyncio.get_running_loop()).add(self)


class _Queue:
    """The connections of an event loop that have received input to parse. They take turns."""

    def __init__(self) -> None:
        self._readers: deque[FairReader] = deque()
        self._is_scheduled = False

    def __bool__(self) -> bool:
        return bool(self._readers)

    def add(self, reader: FairReader) -> None:
        self._readers.append(reader)
        self._schedule()

    def _schedule(self) -> None:
        if self._readers and not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._parse)

    def _parse(self) -> None:
        now = perf_counter()
        end = now + TURN_SECONDS
        for _ in range(len(self._readers)):  # those added by a callback wait for the next iteration
            self.parse_share(self._readers.popleft(), min(now + SHARE_SECONDS, end))
            if (now := perf_counter()) >= end:
                break
        self._is_scheduled = False
        self._schedule()

    def parse_share(self, reader: FairReader, until: float) -> None:
        try:
            reader.parse_share(until)
        except Exception:  # as the event loop does for errors in `data_received`
            logger.exception("a connection's input could not be parsed")
            reader.transport.abort()


_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()


def _queue_of(loop: asyncio.AbstractEventLoop) -> _Queue:
    if (queue := _queues.get(loop)) is None:
        queue = _queues[loop] = _Queue()
    return queue
