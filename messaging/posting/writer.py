"""The group commit: posts that wait together are stored together.

One thread with one connection. There is no timer: while a batch commits, the next one gathers.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from django.db import DatabaseError, InterfaceError

from live import metrics
from live.db_threads import run_in
from messaging.errors import Closing, Unavailable
from messaging.posting.actions import post_messages
from messaging.posting.batch import Draft, Result
from rooms.errors import Refusal

logger = logging.getLogger(__name__)

MAX_BATCH = 256
MAX_WAITING = 10_000  # more than this many are refused at once rather than answered after minutes
TRIES = 2  # the first may have met a connection that died with the database's last restart

Answer = Callable[[Result], None]


class Writer:
    """Stores drafts in the order in which they were handed over."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Draft, Answer]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task = asyncio.create_task(self._run())

    def submit(self, draft: Draft, answer: Answer) -> None:
        """Store `draft`; `answer` is called on the loop after the commit, before the room hears of it."""
        if self._closing:
            answer(Closing())
        elif len(self._waiting) >= MAX_WAITING:
            answer(_unavailable())
        else:
            self._waiting.append((draft, answer))
            self._idle.clear()
            self._wake.set()

    async def finish(self) -> None:
        """Take no more, and wait until what was taken is stored and answered."""
        self._closing = True
        await self._idle.wait()

    async def stop(self) -> None:
        self._closing = True
        self._task.cancel()
        await asyncio.wait([self._task])
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = _Batch([self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))])
                await self._store(batch)
            self._idle.set()

    async def _store(self, batch: "_Batch") -> None:
        metrics.batch_size.observe(len(batch.drafts))
        begun = perf_counter()
        for _ in range(TRIES):
            try:
                await run_in(self._thread, post_messages, batch.drafts, batch.acknowledge)
                break
            except (DatabaseError, InterfaceError) as error:
                logger.error("%d posts could not be stored: %s", len(batch.drafts), error)
            except Exception:
                logger.exception("%d posts could not be stored together", len(batch.drafts))
                await self._store_each(batch.drafts, batch)
                break
        metrics.commit_seconds.observe(perf_counter() - begun)
        await asyncio.sleep(0)  # the acknowledgements were put on the loop before this
        batch.give_up()

    async def _store_each(self, drafts: Sequence[Draft], batch: "_Batch") -> None:
        """One of them brings our own code down: it shall fail alone."""
        for draft in drafts:
            try:
                await run_in(self._thread, post_messages, [draft], batch.acknowledge)
            except Exception:
                logger.exception("a post of user %d to room %d could not be stored", draft.sender_id, draft.room_id)


class _Batch:
    """The drafts of one transaction, and the answers that are still owed."""

    def __init__(self, posts: Sequence[tuple[Draft, Answer]]) -> None:
        self.drafts = [draft for draft, _ in posts]
        self._owed = {id(draft): answer for draft, answer in posts}
        self._loop = asyncio.get_running_loop()

    def acknowledge(self, drafts: Sequence[Draft], results: Sequence[Result]) -> None:
        """Called in the writer's thread after the commit."""
        self._loop.call_soon_threadsafe(self._settle, drafts, results)

    def give_up(self) -> None:
        for answer in self._owed.values():
            answer(_unavailable())
        self._owed.clear()

    def _settle(self, drafts: Sequence[Draft], results: Sequence[Result]) -> None:
        for draft, result in zip(drafts, results, strict=True):
            if (answer := self._owed.pop(id(draft), None)) is not None:
                metrics.posts.labels(_outcome(result)).inc()
                answer(result)


def _outcome(result: Result) -> str:
    if isinstance(result, Refusal):
        return "refused"
    return "repeated" if result.is_repeat else "stored"


def _unavailable() -> Unavailable:
    metrics.posts.labels("unavailable").inc()
    return Unavailable(retry_after=2)
