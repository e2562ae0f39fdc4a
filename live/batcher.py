"""What waits together is done together: by one call, in one thread, without a timer."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from live.db_threads import run_in

# Of the loop, before a batch is taken: what has come to the process already takes so many to get here.
TURNS = 3

Item = TypeVar("Item")
Result = TypeVar("Result")

Work = Callable[[Sequence[Item]], Sequence[Result | Exception]]


class Batcher(Generic[Item, Result]):
    """`work(items)` returns a result, or an exception to raise, for each of at most `limit` items.

    While it runs, the next items gather. Belongs to the loop that it was made on.
    """

    def __init__(self, work: Work[Item, Result], *, name: str, limit: int = 100) -> None:
        self._work = work
        self._limit = limit
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._task: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """Raises what `work` returned or raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await future

    async def finish(self) -> None:
        """Wait until what was asked for is done."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._pool.shutdown(wait=False)

    async def _run(self) -> None:
        while self._waiting:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            batch = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            for future, result in await self._results(batch):
                _settle(future, result)
        self._task = None

    async def _results(
        self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]
    ) -> list[tuple[asyncio.Future[Result], Result | Exception]]:
        futures = [future for _, future in batch]
        try:
            results = await run_in(self._pool, self._work, [item for item, _ in batch])
            return list(zip(futures, results, strict=True))
        except Exception as error:
            return [(future, error) for future in futures]


def _settle(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():  # whoever asked is gone
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
