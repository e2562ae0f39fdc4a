"""Periodic checks and background work, which continue after errors."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from time import perf_counter  # uvloop's `time()` stands still during an iteration
from typing import Generic, TypeVar

from live import outages

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.005
POLL_SECONDS = 5.0  # after the last piece of work, or after an error
PAUSE_SECONDS = 0.05  # between two pieces, so that other transactions can write

Item = TypeVar("Item")
Result = TypeVar("Result")


async def repeat(check: Callable[[], Awaitable[None]], *, name: str, every: float) -> None:
    """Call `check` every `every` seconds until cancelled, even if it fails."""
    attempts = _Attempts(check, name)
    while True:
        await asyncio.sleep(every)
        await attempts.make()


class PieceWorker:
    """Does stored work in pieces, in the background of every process, until it is stopped.

    `work` does the next piece, in a short transaction that locks it, and returns False if there is none. It is asked
    again after `every` seconds, or when the worker is woken.
    """

    def __init__(self, work: Callable[[], Awaitable[bool]], *, name: str, every: float = POLL_SECONDS) -> None:
        self._attempts = _Attempts(work, name)
        self._every = every
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Look for work now. Can be called in any thread."""
        with suppress(RuntimeError):  # the event loop has ended
            self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        pause = self._every
        while True:
            await self._wait(pause)
            pause = PAUSE_SECONDS if await self._attempts.make() else self._every

    async def _wait(self, seconds: float) -> None:
        """Wait for so long, or until the worker is woken, but always for the pause between two pieces."""
        await asyncio.sleep(min(seconds, PAUSE_SECONDS))
        if seconds > PAUSE_SECONDS:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds - PAUSE_SECONDS):
                    await self._woken.wait()
        self._woken.clear()


class _Attempts(Generic[Result]):
    """Calls a function that may fail. Logs the first of several consecutive errors, and the recovery.

    Errors caused by an outage are reported as such.
    """

    def __init__(self, function: Callable[[], Awaitable[Result]], name: str) -> None:
        self._function = function
        self._name = name
        self._is_failing = False

    async def make(self) -> Result | None:
        """Return the function's result, or None if it failed."""
        try:
            result = await self._function()
        except Exception as error:
            if not self._is_failing and not outages.report(error):
                logger.error("%s failed; trying again", self._name, exc_info=error)
                self._is_failing = True
            return None
        if self._is_failing:
            logger.warning("%s succeeds again", self._name)
            self._is_failing = False
        return result


async def for_each(items: Iterable[Item], check: Callable[[Item], Awaitable[None]]) -> None:
    """Call `check` for each item, even if it fails for some of them, and then raise the first error.

    Checks that await nothing don't block the event loop for longer than SLICE_SECONDS in total.
    """
    first: Exception | None = None
    until = perf_counter() + SLICE_SECONDS
    for item in items:
        try:
            await check(item)
        except Exception as error:
            first = first or error
        if perf_counter() >= until:
            await asyncio.sleep(0)
            until = perf_counter() + SLICE_SECONDS
    if first is not None:
        raise first
