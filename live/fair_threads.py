"""Threads for calls that take long, shared fairly between those who ask for them."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Queue = deque["asyncio.Future[None]"]


class Busy(Exception):
    """Too many calls are waiting."""


class FairThreads:
    """Run calls in a few threads. Callers take turns, so the calls of one don't hold up those of others.

    limit: how many calls may wait. Once it is reached, the caller with the most calls waiting loses its newest one to
    callers with fewer. share: how many calls of one caller run at once, so that slow ones leave threads for others.
    Use this class on the event loop only.
    """

    def __init__(self, threads: int, *, limit: int, share: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._free = threads
        self._limit = limit
        self._share = share
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, Queue] = OrderedDict()  # by caller, in the order of their turns

    async def run(self, caller: str, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `func` in a thread when it is the caller's turn. Raises Busy."""
        await self._wait_for_turn(caller)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: func(*args, **kwargs))
        finally:
            self._end(caller)

    async def _wait_for_turn(self, caller: str) -> None:
        if self._free and self._may_run(caller):
            self._begin(caller)
            return
        self._make_room(caller)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn had come
                self._end(caller)
            raise

    def _may_run(self, caller: str) -> bool:
        return self._running[caller] < self._share

    def _make_room(self, caller: str) -> None:
        if sum(map(len, self._waiting.values())) < self._limit:
            return
        most = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[most]) <= len(self._waiting.get(caller, ())) + 1:
            raise Busy
        newest = self._waiting[most].pop()
        if not newest.done():
            newest.set_exception(Busy())

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
        while self._free and (caller := next(filter(self._may_run, self._waiting), None)) is not None:
            queue = self._waiting.pop(caller)
            turn = queue.popleft()
            if queue:
                self._waiting[caller] = queue
            if not turn.done():
                self._begin(caller)
                turn.set_result(None)
