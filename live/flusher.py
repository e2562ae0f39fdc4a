"""The flusher, which writes the outboxes of all sockets that have something to send, in slices."""

import asyncio
import logging
from collections import deque
from time import perf_counter  # uvloop's `time()` stands still during an iteration
from typing import Protocol

from live.close_codes import INTERNAL_ERROR, TOO_SLOW
from live.transports.frames import frame_of

logger = logging.getLogger(__name__)

STALLED_SECONDS = 30.0
# Between slices, the event loop handles input.
SLICE = 250  # sockets
SLICE_SECONDS = 0.005  # for large frames
MAX_CACHED = 16_000_000  # bytes


class FrameCache:
    """Frames by their events, so that sockets in a room share them."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, ...], bytes] = {}
        self._size = 0

    def frame_for(self, events: tuple[str, ...]) -> bytes:
        frame = self._frames.get(events)
        if frame is None:
            if self._size > MAX_CACHED:
                self.clear()
            frame = self._frames[events] = frame_of(f"[{','.join(events)}]".encode())
            self._size += len(frame)
        return frame

    def clear(self) -> None:
        self._frames.clear()
        self._size = 0


class Flushable(Protocol):
    def flush(self, frames: FrameCache) -> None: ...
    def blocked_seconds(self) -> float: ...
    def close(self, code: int) -> None: ...


class Flusher:
    """One flusher for all sockets: a task for each would cost more than the writing itself.

    An error while writing an outbox only closes its socket.
    """

    def __init__(self) -> None:
        self.blocked: set[Flushable] = set()
        self._due: deque[Flushable] = deque()
        self._frames = FrameCache()
        self._is_scheduled = False
        self._stall_check: asyncio.TimerHandle | None = None

    def add(self, socket: Flushable) -> None:
        self._due.append(socket)
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def watch_blocked(self, socket: Flushable) -> None:
        """Close the socket (4408) if the client reads nothing for STALLED_SECONDS."""
        self.blocked.add(socket)
        if self._stall_check is None:
            self._schedule_stall_check()

    def _flush(self) -> None:
        due, until = self._due, perf_counter() + SLICE_SECONDS
        for _ in range(min(SLICE, len(due))):
            socket = due.popleft()
            try:
                socket.flush(self._frames)
            except Exception:
                logger.exception("an outbox could not be written")
                socket.close(INTERNAL_ERROR)
            if perf_counter() >= until:
                break
        self._is_scheduled = bool(due)
        if due:
            asyncio.get_running_loop().call_soon(self._flush)
        else:
            self._frames.clear()

    def _schedule_stall_check(self) -> None:
        self._stall_check = asyncio.get_running_loop().call_later(STALLED_SECONDS / 6, self._close_stalled)

    def _close_stalled(self) -> None:
        for socket in list(self.blocked):
            if socket.blocked_seconds() > STALLED_SECONDS:
                socket.close(TOO_SLOW)
        self._stall_check = None
        if self.blocked:
            self._schedule_stall_check()
