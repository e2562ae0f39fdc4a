"""Batch concurrent calls. Everything queued while one call runs is handled by the next, without a timer."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from live.db_threads import run_in

# Event loop iterations before a batch is taken. Input that the process has already received is queued within this many.
LOOP_TURNS = 3

Item = TypeVar("Item")
Result = TypeVar("Result")

BatchFunction = Callable[[Sequence[Item]], Sequence[Result | Exception]]


class Batcher(Generic[Item, Result]):
    """Collect items for `function`, which runs in one thread and returns a result or an exception for each item.

    Use this class on the event loop only.

    limit: the maximum number of items per call.
    pause: seconds to wait after a call before the next one.
    """

    def __init__(
        self, function: BatchFunction[Item, Result], *, name: str, limit: int = 100, pause: float = 0.0
    ) -> None:
        self._function = function
        self._limit = limit
        self._pause = pause
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Return the item's result. Raises the exception that was returned for the item or raised for its batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._queue.append((item, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await future

    async def finish(self) -> None:
        """Wait for all submitted items."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._pool.shutdown(wait=False)

    async def _run(self) -> None:
        while self._queue:
            for _ in range(LOOP_TURNS):
                await asyncio.sleep(0)
            batch = [self._queue.popleft() for _ in range(min(self._limit, len(self._queue)))]
            for future, result in await self._results(batch):
                _settle(future, result)
            if self._pause:
                await asyncio.sleep(self._pause)
        self._task = None

    async def _results(
        self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]
    ) -> list[tuple[asyncio.Future[Result], Result | Exception]]:
        futures = [future for _, future in batch]
        try:
            results = await run_in(self._pool, self._function, [item for item, _ in batch])
            return list(zip(futures, results, strict=True))
        except Exception as error:
            return [(future, error) for future in futures]


def _settle(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():  # the caller was cancelled
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
