"""Turns for slow work, and a thread pool for slow calls, shared fairly between callers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from live.fair_queue import FairQueue

P = ParamSpec("P")
T = TypeVar("T")


class Busy(Exception):
    """Too many calls are waiting."""


class FairTurns:
    """Turns that callers take, so that one caller's work doesn't hold up that of others.

    at_once: the maximum number of turns at a time.
    limit: the maximum number of waiting calls. Beyond it, the newest call of the caller with the most is dropped.
    share: the maximum number of a caller's turns at a time, so that slow ones leave some for others.
    Not thread-safe: use it on the event loop only.
    """

    def __init__(self, at_once: int, *, limit: int, share: int) -> None:
        self._free = at_once
        self._share = share
        self._running: Counter[str] = Counter()
        self._waiting: FairQueue[str, asyncio.Future[None]] = FairQueue(limit=limit)

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Wait for the caller's turn, which lasts for the block. Raises Busy if the call is dropped."""
        await self._wait_for_turn(caller)
        try:
            yield
        finally:
            self._end(caller)

    async def _wait_for_turn(self, caller: str) -> None:
        if self._free and self._may_run(caller):
            self._begin(caller)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue(caller, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn came before the cancellation
                self._end(caller)
            raise

    def _may_run(self, caller: str) -> bool:
        return self._running[caller] < self._share

    def _queue(self, caller: str, turn: "asyncio.Future[None]") -> None:
        if self._waiting.put(caller, turn):
            return
        newest = self._waiting.evict_for(caller)
        if newest is None:
            raise Busy
        if not newest.done():
            newest.set_exception(Busy())
        self._waiting.put(caller, turn)

    def _begin(self, caller: str) -> None:
        self._free -= 1
        self._running[caller] += 1

    def _end(self, caller: str) -> None:
        self._free += 1
        self._running[caller] -= 1
        if not self._running[caller]:
            del self._running[caller]
        self._start_waiting()

    def _start_waiting(self) -> None:
        """Give free threads to the callers whose turn is next."""
        while self._free and (next_turn := self._waiting.take_next(self._may_run)) is not None:
            caller, turn = next_turn
            if not turn.done():
                self._begin(caller)
                turn.set_result(None)


class FairThreads(FairTurns):
    """A thread pool in which callers take turns. `limit` and `share` are those of FairTurns."""

    def __init__(self, threads: int, *, limit: int, share: int, name: str) -> None:
        super().__init__(threads, limit=limit, share=share)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)

    async def run(self, caller: str, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `func` in a thread when it is the caller's turn. Raises Busy if the call is dropped."""
        async with self.turn(caller):
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: func(*args, **kwargs))
