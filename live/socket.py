"""A socket's outbox: bounded, and written by one flush with those of all others that have something."""

import asyncio
from bisect import bisect_right
from collections import deque
from itertools import accumulate

from live import metrics
from live.close_codes import GONE, REASONS, TOO_SLOW
from live.transports.asgi import Transport
from live.transports.frames import framed

MAX_EVENTS = 2_000
MAX_CHARACTERS = 4_000_000
FRAME_CHARACTERS = 256_000  # what leaves at once of an outbox that holds more
BEHIND_SECONDS = 1.0
STALLED_SECONDS = 30.0
FORCE_SECONDS = 2.0  # for the rest of an outbox to leave before the socket closes
TYPING_SECONDS = 2.0
SLICE = 250  # sockets; between two slices the loop takes what came in


class Socket:
    """One connection as the hub sees it.

    Nothing is sent before `open`, so that what arrives while the welcome is being written comes after it.
    """

    __slots__ = (
        "_blocked_at",
        "_characters",
        "_code",
        "_events",
        "_flusher",
        "_is_due",
        "_is_open",
        "_is_over",
        "_line",
        "_outbox",
        "_reason",
        "_typed_at",
        "hidden",
        "key",
        "topics",
        "user_id",
    )

    def __init__(
        self, *, user_id: int, line: Transport, flusher: "Flusher", key: str = "", hidden: frozenset[int] = frozenset()
    ) -> None:
        self.user_id = user_id
        self.key = key  # by which this one alone can be closed
        self.hidden = hidden  # the ids of the people whom this one does not see
        self.topics: set[str] = set()
        self._line = line
        self._flusher = flusher
        self._outbox: list[str] = []
        self._characters = self._events = 0
        self._is_due = True  # the flush will come by, or `open` and `_free` will call it
        self._is_open = False
        self._is_over = False
        self._code: int | None = None
        self._reason = ""
        self._blocked_at: float | None = None
        self._typed_at: dict[str, float] | None = None
        line.on_writable = self._free

    # -- what others do with it -----------------------------------------------------------------

    def open(self, first: str) -> None:
        """Send `first`, then what has gathered, then all that comes."""
        if self._code is not None:
            return
        self._is_open = True
        self._outbox.insert(0, first)
        self._characters += len(first)
        self._flusher.add(self)

    def push(self, text: str, count: int = 1) -> None:
        """Put an encoded event into the outbox, or `count` of them with commas between.

        A socket that has too much waiting is closed (4408).
        """
        if self._code is not None:
            return
        if not self._is_due:
            self._is_due = True
            self._flusher.add(self)
        self._outbox.append(text)
        self._characters += len(text)
        self._events += count
        if self._characters > MAX_CHARACTERS or self._events > MAX_EVENTS:
            self.close(TOO_SLOW)

    def close(self, code: int, reason: str = "") -> None:
        """Send what waits, if the other side still takes it, then close."""
        if self._code is not None:
            return
        self._code, self._reason = code, reason
        if code in REASONS:
            metrics.drops.labels(REASONS[code]).inc()
        if code == TOO_SLOW or self.is_behind or not self._is_open:
            self._finish()
        else:
            self._flusher.add(self)
            asyncio.get_running_loop().call_later(FORCE_SECONDS, self._finish)

    def stop(self) -> None:
        """The connection is gone: no more writing."""
        self._is_over = True
        self._code = self._code or GONE
        self._outbox.clear()
        self._flusher.blocked.discard(self)

    @property
    def is_closing(self) -> bool:
        """Nothing that it still says counts."""
        return self._code is not None

    @property
    def is_behind(self) -> bool:
        """The other side has not taken what it was sent for a while: what may be left out is left out."""
        return self._blocked_at is not None and self.blocked_seconds() > BEHIND_SECONDS

    def blocked_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._blocked_at if self._blocked_at is not None else 0.0

    def may_tell_typing(self, topic: str) -> bool:
        """True at most once in TYPING_SECONDS for each topic."""
        now = asyncio.get_running_loop().time()
        typed_at = self._typed_at = self._typed_at or {}
        if now - typed_at.get(topic, -TYPING_SECONDS) < TYPING_SECONDS:
            return False
        typed_at[topic] = now
        return True

    # -- writing --------------------------------------------------------------------------------

    def flush(self, frames: dict[tuple[str, ...], bytes]) -> None:
        """Write what waits as one frame. `frames`: those that were made for other sockets, by the events they join."""
        if self._is_over:
            return
        if self._outbox and not self._line.is_writable:
            self._block()
            return
        if self._outbox:
            events = self._take()
            if (frame := frames.get(events)) is None:
                frame = frames[events] = framed(f"[{','.join(events)}]".encode())
            self._line.write(frame)
        if self._outbox:
            self._flusher.add(self)
        elif self._code is not None:
            self._finish()
        else:
            self._is_due = False

    def _take(self) -> tuple[str, ...]:
        outbox = self._outbox
        if self._characters <= FRAME_CHARACTERS:
            events = tuple(outbox)
            outbox.clear()
            self._characters = self._events = 0
            return events
        ends = list(accumulate(map(len, outbox)))
        count = max(1, bisect_right(ends, FRAME_CHARACTERS))
        events = tuple(outbox[:count])
        self._events -= self._events * count // len(outbox)
        del outbox[:count]
        self._characters -= ends[count - 1]
        return events

    def _block(self) -> None:
        if self._blocked_at is None:
            self._blocked_at = asyncio.get_running_loop().time()
            self._flusher.watch_blocked(self)

    def _free(self) -> None:
        if self._blocked_at is not None:
            self._blocked_at = None
            self._flusher.blocked.discard(self)
            self._flusher.add(self)

    def _finish(self) -> None:
        if not self._is_over and self._code is not None:
            self._is_over = True
            self._outbox.clear()
            self._flusher.blocked.discard(self)
            self._line.close(self._code, self._reason)


class Flusher:
    """Writes the outboxes that have something, a slice of them at a time.

    A task of each socket would cost more than the writing; and sockets of a room have the same events
    waiting, so that one frame serves them all.
    """

    def __init__(self) -> None:
        self.blocked: set[Socket] = set()
        self._due: deque[Socket] = deque()
        self._frames: dict[tuple[str, ...], bytes] = {}
        self._is_scheduled = False
        self._sweep: asyncio.TimerHandle | None = None

    def add(self, socket: Socket) -> None:
        self._due.append(socket)
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def watch_blocked(self, socket: Socket) -> None:
        """Close it (4408) when it takes nothing for STALLED_SECONDS."""
        self.blocked.add(socket)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(STALLED_SECONDS / 6, self._close_stalled)

    def _flush(self) -> None:
        due = self._due
        for _ in range(min(SLICE, len(due))):
            due.popleft().flush(self._frames)
        self._is_scheduled = bool(due)
        if due:
            asyncio.get_running_loop().call_soon(self._flush)
        else:
            self._frames.clear()

    def _close_stalled(self) -> None:
        for socket in list(self.blocked):
            if socket.blocked_seconds() > STALLED_SECONDS:
                socket.close(TOO_SLOW)
        self._sweep = None
        if self.blocked:
            self._sweep = asyncio.get_running_loop().call_later(STALLED_SECONDS / 6, self._close_stalled)
