"""Measures how long others wait during an attack."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any

Sample = Callable[[], Awaitable[object]]
PAUSE = 0.02


async def seconds_of(call: Sample) -> float:
    begun = perf_counter()
    await call()
    return perf_counter() - begun


async def sampled(attack: Awaitable[object], sample: Sample) -> list[float]:
    """Return the seconds that each sample took during an attack."""
    running = asyncio.ensure_future(attack)
    seconds = []
    while not running.done():
        seconds.append(await seconds_of(sample))
        await asyncio.sleep(PAUSE)
    await running
    return seconds


async def worst(attack: Coroutine[Any, Any, None], sample: Sample) -> float:
    """Return the longest time that a sample took, in milliseconds."""
    return max(await sampled(attack, sample)) * 1_000
