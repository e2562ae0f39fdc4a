"""A client's socket: its subscriptions and its bounded outbox, which the flusher writes."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from live import metrics
from live.close_codes import CONNECTION_LOST, REASONS, TOO_SLOW
from live.flusher import Flusher, FrameCache
from live.transports.base import Transport

# The limits of an outbox. Beyond them, events of rooms are skipped; with twice as much, the socket is closed.
MAX_EVENTS = 2_000
MAX_CHARACTERS = 4_000_000
FRAME_CHARACTERS = 256_000  # a larger outbox is split into frames of this size
BEHIND_SECONDS = 1.0
CLOSE_SECONDS = 2.0  # the time allowed for writing the rest of the outbox before the socket closes
TYPING_SECONDS = 2.0

DescribeMissed = Callable[[str, int], str]


class Socket:
    """A connection as the hub sees it.

    Nothing is sent before `open`, so that events published while the welcome is being prepared are sent after it.

    key: identifies this socket, so that it can be closed individually.
    blocked_ids: the ids of the users whom this user blocks.
    on_input: handles a frame from a client that sends it over HTTP.
    describe_missed: returns an event that makes the client request a topic's changes after a version.
    """

    __slots__ = (
        "_blocked_at",
        "_caught_up",
        "_characters",
        "_close_code",
        "_close_reason",
        "_describe_missed",
        "_events",
        "_flusher",
        "_is_finished",
        "_is_open",
        "_is_scheduled",
        "_missed",
        "_outbox",
        "_transport",
        "_typing_at",
        "blocked_ids",
        "key",
        "on_input",
        "topics",
        "user_id",
    )

    def __init__(
        self,
        *,
        user_id: int,
        transport: Transport,
        flusher: Flusher,
        key: str = "",
        blocked_ids: frozenset[int] = frozenset(),
        describe_missed: DescribeMissed | None = None,
    ) -> None:
        self.user_id = user_id
        self.key = key
        self.blocked_ids = blocked_ids
        self.on_input: Callable[[str], None] | None = None
        self.topics: set[str] = set()
        self._transport = transport
        self._flusher = flusher
        self._outbox: list[str] = []
        self._characters = self._events = 0
        self._is_scheduled = True  # initially and while blocked too: `open` or `_unblock` will add it to the flusher
        self._is_open = False
        self._is_finished = False
        self._close_code: int | None = None
        self._close_reason = ""
        self._blocked_at: float | None = None
        self._typing_at: dict[str, float] | None = None
        self._describe_missed = describe_missed
        self._missed: dict[str, int] | None = None  # by topic, the version before the first skipped event
        self._caught_up: asyncio.Future[None] | None = None
        transport.on_writable = self._unblock

    # -- for the application --------------------------------------------------------------------

    def open(self, first: str = "") -> None:
        """Send `first`, then the events pushed so far, then each new one."""
        if self._close_code is not None:
            return
        self._is_open = True
        if first:
            self._outbox.insert(0, first)
            self._characters += len(first)
        self._flusher.add(self)

    def push(self, text: str, count: int = 1) -> None:
        """Queue an encoded event, or `count` events joined by commas. An overflow closes the socket (4408)."""
        if self._close_code is not None:
            return
        if not self._is_scheduled:
            self._is_scheduled = True
            self._flusher.add(self)
        self._outbox.append(text)
        self._characters += len(text)
        self._events += count
        if (self._characters > 2 * MAX_CHARACTERS or self._events > 2 * MAX_EVENTS) and len(self._outbox) > 1:
            self.close(TOO_SLOW)

    def push_changes(self, topic: str, since: int, text: str, count: int) -> None:
        """Queue a topic's events, of which the first one follows version `since`.

        If the outbox is full, skip them. Once it has been written, `describe_missed` makes the client request them.
        """
        if self._missed is not None and topic in self._missed:
            return
        if self._describe_missed is not None and self._outbox and self._is_full(len(text), count):
            self._missed = self._missed or {}
            self._missed[topic] = since
        else:
            self.push(text, count)

    async def wait_until_written(self) -> None:
        """Wait until the outbox is empty or the socket closes."""
        if self._outbox and not self.is_closing:
            self._caught_up = self._caught_up or asyncio.get_running_loop().create_future()
            await self._caught_up

    def close(self, code: int, reason: str = "") -> None:
        """Write the outbox, unless the client lags behind or the socket is not open yet, and then close."""
        if self._close_code is not None:
            return
        self._close_code, self._close_reason = code, reason
        if code in REASONS:
            metrics.drops.labels(REASONS[code]).inc()
        if code == TOO_SLOW or self.is_behind or not self._is_open:
            self._finish()
        else:
            self._flusher.add(self)
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._finish)

    def stop(self) -> None:
        """Stop writing, because the connection is lost."""
        self._is_finished = True
        self._close_code = self._close_code or CONNECTION_LOST
        self._discard()
        self._transport.release()

    @property
    def is_closing(self) -> bool:
        """True once the socket has started to close; its input is then ignored."""
        return self._close_code is not None

    @property
    def is_behind(self) -> bool:
        """True if the client has not read for BEHIND_SECONDS; ephemeral events are then skipped."""
        return self._blocked_at is not None and self.blocked_seconds() > BEHIND_SECONDS

    def blocked_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._blocked_at if self._blocked_at is not None else 0.0

    def allow_typing(self, topic: str) -> bool:
        """Return True at most once in TYPING_SECONDS for each topic."""
        now = asyncio.get_running_loop().time()
        typing_at = self._typing_at = self._typing_at or {}
        if now - typing_at.get(topic, -TYPING_SECONDS) < TYPING_SECONDS:
            return False
        typing_at[topic] = now
        return True

    # -- writing --------------------------------------------------------------------------------

    def flush(self, frames: FrameCache) -> None:
        """Write the outbox as one frame."""
        if self._is_finished:
            return
        if self._outbox and not self._transport.is_writable:
            self._block()
            return
        if self._outbox:
            self._transport.write(frames.frame_for(self._take()))
        if not self._outbox:
            self._catch_up()
        if self._outbox:
            self._flusher.add(self)
        elif self._close_code is not None:
            self._finish()
        else:
            self._is_scheduled = False

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

    def _is_full(self, characters: int, count: int) -> bool:
        return self._characters + characters > MAX_CHARACTERS or self._events + count > MAX_EVENTS

    def _catch_up(self) -> None:
        """Make the client request the skipped changes, and wake the tasks that wait for an empty outbox."""
        if self._missed is not None and self._describe_missed is not None:
            missed, self._missed = self._missed, None
            for topic, since in missed.items():
                if topic in self.topics:
                    self.push(self._describe_missed(topic, since))
        if self._caught_up is not None:
            waiting, self._caught_up = self._caught_up, None
            if not waiting.done():
                waiting.set_result(None)

    def _discard(self) -> None:
        self._outbox.clear()
        self._missed = None
        self._flusher.blocked.discard(self)
        self._catch_up()

    def _block(self) -> None:
        if self._blocked_at is None:
            self._blocked_at = asyncio.get_running_loop().time()
            self._flusher.watch_blocked(self)

    def _unblock(self) -> None:
        if self._blocked_at is not None:
            self._blocked_at = None
            self._flusher.blocked.discard(self)
            self._flusher.add(self)

    def _finish(self) -> None:
        if not self._is_finished and self._close_code is not None:
            self._is_finished = True
            self._discard()
            self._transport.close(self._close_code, self._close_reason)
