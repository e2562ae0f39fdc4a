"""The group commit: posts that wait together are stored together.

One thread with one connection. There is no timer: while a batch commits, the next one gathers.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError

from live.threads import run_in
from messaging.actions import Draft, Result, post_messages
from messaging.errors import Closing, Unavailable

logger = logging.getLogger(__name__)

MAX_BATCH = 64

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
            return
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
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                await self._store(batch)
            self._idle.set()

    async def _store(self, batch: Sequence[tuple[Draft, Answer]]) -> None:
        loop = asyncio.get_running_loop()
        owed = dict(enumerate(answer for _, answer in batch))
        places = {id(draft): place for place, (draft, _) in enumerate(batch)}

        def settle(drafts: Sequence[Draft], results: Sequence[Result]) -> None:
            for draft, result in zip(drafts, results, strict=True):
                if (answer := owed.pop(places[id(draft)], None)) is not None:
                    answer(result)

        def acknowledge(drafts: Sequence[Draft], results: Sequence[Result]) -> None:
            loop.call_soon_threadsafe(settle, drafts, results)

        try:
            await run_in(self._thread, post_messages, [draft for draft, _ in batch], acknowledge)
            await asyncio.sleep(0)  # the acknowledgements were put on the loop before this
        except (DatabaseError, InterfaceError) as error:
            logger.error("%d posts could not be stored: %s", len(batch), error)
        except Exception:
            logger.exception("%d posts could not be stored", len(batch))
        for answer in list(owed.values()):
            answer(Unavailable())
