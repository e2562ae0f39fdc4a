"""The flusher, which writes the outboxes of all sockets that have something to send, in slices."""

import asyncio
from collections import deque
from typing import Protocol

from live.close_codes import TOO_SLOW

STALLED_SECONDS = 30.0
SLICE = 250  # sockets; the event loop handles input between slices

Frames = dict[tuple[str, ...], bytes]


class Flushable(Protocol):
    def flush(self, frames: Frames) -> None: ...
    def blocked_seconds(self) -> float: ...
    def close(self, code: int) -> None: ...


class Flusher:
    """One flusher for all sockets: a task for each would cost more than the writing itself. Sockets in a room have the
    same events queued, so they share one frame.
    """

    def __init__(self) -> None:
        self.blocked: set[Flushable] = set()
        self._due: deque[Flushable] = deque()
        self._frames: Frames = {}
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
        due = self._due
        for _ in range(min(SLICE, len(due))):
            due.popleft().flush(self._frames)
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
