"""Calls functions on the event loop in slices, so that a long series of short calls delays no one."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter  # uvloop's `time()` stands still during an iteration

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.005  # in each iteration of the loop

Call = Callable[[], None]


class SlicedCalls:
    """A queue of functions, which are called in order. An error in one doesn't affect the others.

    on_empty: called on the event loop when all functions have been called.
    """

    def __init__(self, on_empty: Call) -> None:
        self._on_empty = on_empty
        self._loop = asyncio.get_running_loop()
        self._calls: deque[Call] = deque()
        self._is_scheduled = False

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, calls: Iterable[Call]) -> None:
        """Queue functions. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._add, calls)

    def _add(self, calls: Iterable[Call]) -> None:
        self._calls.extend(calls)
        if not self._is_scheduled:
            self._run()

    def _run(self) -> None:
        until = perf_counter() + SLICE_SECONDS
        while self._calls and perf_counter() < until:
            try:
                self._calls.popleft()()
            except Exception:
                logger.exception("a queued call failed")
        self._is_scheduled = bool(self._calls)
        if self._calls:
            self._loop.call_soon(self._run)
        else:
            self._on_empty()
