"""Periodic checks, which continue after errors."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter  # uvloop's `time()` stands still during an iteration
from typing import TypeVar

from live import outages

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.005

Item = TypeVar("Item")


async def repeat(check: Callable[[], Awaitable[None]], *, name: str, every: float) -> None:
    """Call `check` every `every` seconds until cancelled, even if it fails.

    Log the first of several consecutive errors, and the recovery. Errors caused by an outage are reported as such.
    """
    is_failing = False
    while True:
        await asyncio.sleep(every)
        try:
            await check()
        except Exception as error:
            if not is_failing and not outages.report(error):
                logger.error("%s failed; trying again", name, exc_info=error)
                is_failing = True
        else:
            if is_failing:
                logger.warning("%s succeeds again", name)
                is_failing = False


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
