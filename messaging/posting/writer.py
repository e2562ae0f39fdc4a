"""Group commit, which stores all waiting posts together.

A single thread with one connection stores the posts. There is no timer: while a batch commits, the next one builds up.
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
MAX_WAITING = 10_000  # more posts are refused immediately rather than stored minutes later
TRIES = 2  # the first may use a connection that was closed when the database restarted

Acknowledge = Callable[[Result], None]


class Writer:
    """Stores drafts in the order in which they were submitted."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Draft, Acknowledge]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task = asyncio.create_task(self._run())

    def submit(self, draft: Draft, acknowledge: Acknowledge) -> None:
        """Store `draft`. After the commit, call `acknowledge` on the event loop before the message is published."""
        if self._closing:
            acknowledge(Closing())
        elif len(self._waiting) >= MAX_WAITING:
            acknowledge(_unavailable())
        else:
            self._waiting.append((draft, acknowledge))
            self._idle.clear()
            self._wake.set()

    async def finish(self) -> None:
        """Stop accepting posts, and wait until the accepted ones are stored and acknowledged."""
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
                await run_in(self._thread, post_messages, batch.drafts, batch.on_commit)
                break
            except (DatabaseError, InterfaceError) as error:
                logger.error("%d posts could not be stored: %s", len(batch.drafts), error)
            except Exception:
                logger.exception("%d posts could not be stored together", len(batch.drafts))
                await self._store_each(batch)
                break
        metrics.commit_seconds.observe(perf_counter() - begun)
        await asyncio.sleep(0)  # the acknowledgements were scheduled before this
        batch.refuse_pending()

    async def _store_each(self, batch: "_Batch") -> None:
        """Store drafts one by one, so that an unexpected error only affects the draft that caused it."""
        for draft in batch.drafts:
            try:
                await run_in(self._thread, post_messages, [draft], batch.on_commit)
            except Exception:
                logger.exception("a post of user %d to room %d could not be stored", draft.sender_id, draft.room_id)


class _Batch:
    """The drafts of one transaction and their pending acknowledgements."""

    def __init__(self, posts: Sequence[tuple[Draft, Acknowledge]]) -> None:
        self.drafts = [draft for draft, _ in posts]
        self._pending = {id(draft): acknowledge for draft, acknowledge in posts}
        self._loop = asyncio.get_running_loop()

    def on_commit(self, drafts: Sequence[Draft], results: Sequence[Result]) -> None:
        """Schedule the acknowledgements. Called in the writer's thread."""
        self._loop.call_soon_threadsafe(self._acknowledge, drafts, results)

    def refuse_pending(self) -> None:
        for acknowledge in self._pending.values():
            acknowledge(_unavailable())
        self._pending.clear()

    def _acknowledge(self, drafts: Sequence[Draft], results: Sequence[Result]) -> None:
        for draft, result in zip(drafts, results, strict=True):
            if (acknowledge := self._pending.pop(id(draft), None)) is not None:
                metrics.posts.labels(_outcome(result)).inc()
                acknowledge(result)


def _outcome(result: Result) -> str:
    if isinstance(result, Refusal):
        return "refused"
    return "repeated" if result.is_repeat else "stored"


def _unavailable() -> Unavailable:
    metrics.posts.labels("unavailable").inc()
    return Unavailable(retry_after=2)
