"""Group commit, which stores all waiting posts together.

A single thread with one connection stores the posts. There is no timer: while a batch commits, the next one builds up.
Posts with markup are rendered first, in another thread.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from time import perf_counter

from django.db import InterfaceError, OperationalError

from live import metrics
from live.db_threads import run_in
from live.envelope import Event
from live.fair_queue import FairQueue
from live.hub import get_hub
from live.sliced_calls import SlicedCalls
from live.topics import room_topic
from messaging.errors import Closing, Unavailable
from messaging.posting.actions import post_messages
from messaging.posting.batch import Draft, Result
from messaging.rendering import Rendered
from messaging.rendering.plain import is_plain
from rooms.errors import Refusal

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000  # more posts are refused immediately rather than stored minutes later
MAX_WAITING_EACH = 1_000  # per user
TRIES = 2  # the first may use a connection that was closed when the database restarted

# The posts of a batch, and the characters in their bodies and HTML. The whole batch must fit into an outbox.
MAX_BATCH = 1_000
MAX_BATCH_CHARACTERS = 400_000
# The posts that are rendered together, and the characters in their bodies. Rendering the longest takes up to 20 ms.
MAX_RENDERED = 16
MAX_RENDERED_CHARACTERS = 2_000

Acknowledge = Callable[[Result], None]
Post = tuple[Draft, Acknowledge]


class Writer:
    """Stores each user's drafts in the order in which they were submitted. Users take turns."""

    def __init__(self) -> None:
        self._unrendered: FairQueue[int, Post] = FairQueue(limit=MAX_WAITING, limit_each=MAX_WAITING_EACH)
        self._waiting: FairQueue[int, Post] = FairQueue(limit=MAX_WAITING, limit_each=MAX_WAITING_EACH)
        self._rendering: Counter[int] = Counter()  # the number of drafts by user that haven't been rendered yet
        self._has_unrendered, self._has_waiting = asyncio.Event(), asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_storing = self._closing = False
        self._deliveries = SlicedCalls(on_empty=self._note_idle)
        self._threads = [ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) for name in ("renderer", "writer")]
        self._tasks = [asyncio.create_task(self._render_all()), asyncio.create_task(self._store_all())]

    def submit(self, draft: Draft, acknowledge: Acknowledge) -> None:
        """Store `draft`. After the commit, call `acknowledge` on the event loop before the message is published."""
        if self._closing:
            acknowledge(Closing())
            return
        self._idle.clear()
        if is_plain(draft.body) and not self._rendering[draft.sender_id]:
            self._queue(draft, acknowledge)
        elif self._unrendered.put(draft.sender_id, (draft, acknowledge)):
            self._rendering[draft.sender_id] += 1
            self._has_unrendered.set()
        else:
            acknowledge(_unavailable())

    async def finish(self) -> None:
        """Stop accepting posts, and wait until the accepted ones are stored and acknowledged."""
        self._closing = True
        await self._idle.wait()

    async def stop(self) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for thread in self._threads:
            thread.shutdown(wait=False)

    def _queue(self, draft: Draft, acknowledge: Acknowledge) -> None:
        if self._waiting.put(draft.sender_id, (draft, acknowledge)):
            self._has_waiting.set()
        else:
            acknowledge(_unavailable())

    async def _render_all(self) -> None:
        while True:
            await self._has_unrendered.wait()
            self._has_unrendered.clear()
            while posts := self._unrendered.take(MAX_RENDERED, _source_size, MAX_RENDERED_CHARACTERS):
                await self._render(posts)
            self._note_idle()

    async def _render(self, posts: Sequence[Post]) -> None:
        try:
            await run_in(self._threads[0], _render, [draft for draft, _ in posts])
        except Exception:
            logger.exception("%d posts could not be rendered", len(posts))
        for draft, acknowledge in posts:
            self._rendering[draft.sender_id] -= 1
            if draft.content is not None:
                self._queue(draft, acknowledge)
            else:
                acknowledge(_unavailable())
        self._rendering = +self._rendering  # without zeros

    async def _store_all(self) -> None:
        while True:
            await self._has_waiting.wait()
            self._has_waiting.clear()
            self._is_storing = True
            while posts := self._waiting.take(MAX_BATCH, _size, MAX_BATCH_CHARACTERS):
                await self._store(_Batch(posts, self._deliveries))
            self._is_storing = False
            self._note_idle()

    def _note_idle(self) -> None:
        if not (self._rendering or self._waiting or self._is_storing or self._deliveries):
            self._idle.set()

    async def _store(self, batch: "_Batch") -> None:
        metrics.batch_size.observe(len(batch.drafts))
        begun = perf_counter()
        for _ in range(TRIES):
            try:
                await run_in(self._threads[1], batch.post)
                break
            except (OperationalError, InterfaceError) as error:  # an outage
                logger.error("%d posts could not be stored: %s", len(batch.drafts), error)
            except Exception:
                logger.exception("%d posts could not be stored together", len(batch.drafts))
                await self._store_each(batch)
                break
        metrics.commit_seconds.observe(perf_counter() - begun)
        batch.refuse_pending()

    async def _store_each(self, batch: "_Batch") -> None:
        """Store drafts one by one, so that an unexpected error only affects the draft that caused it."""
        for draft in batch.drafts:
            try:
                await run_in(self._threads[1], post_messages, [draft], batch.on_commit)
            except Exception:
                logger.exception("a post of user %d to room %d could not be stored", draft.sender_id, draft.room_id)


class _Batch:
    """The drafts of one transaction and their pending acknowledgements."""

    def __init__(self, posts: Sequence[Post], deliveries: SlicedCalls) -> None:
        self.drafts = [draft for draft, _ in posts]
        self._pending = dict(posts)
        self._deliveries = deliveries

    def post(self) -> None:
        """Render the drafts without markup, and store all. Called in the writer's thread.

        Rendering them on the event loop would delay reading the next posts, and make batches half as large.
        """
        post_messages(self.drafts, self.on_commit)

    def on_commit(self, drafts: Sequence[Draft], results: Sequence[Result], posted: Sequence[Event]) -> None:
        """Deliver each room's acknowledgements, then its events, which its sockets get in one frame.

        Called in the writer's thread.
        """
        for outcome, count in Counter(map(_outcome, results)).items():
            metrics.posts.labels(outcome).inc(count)
        calls: dict[str, list[Callable[[], None]]] = defaultdict(list)
        for draft, result in zip(drafts, results, strict=True):
            # After an outage, a draft that is already acknowledged may be stored again, with the others of its batch.
            if (acknowledge := self._pending.pop(draft, None)) is not None:
                calls[room_topic(draft.room_id)].append(partial(acknowledge, result))
        events: dict[str, list[Event]] = defaultdict(list)
        for event in posted:
            events[event.topic].append(event)
        for topic, together in events.items():
            calls[topic].append(partial(get_hub().publish_here, together))
        self._deliveries.add(chain.from_iterable(calls.values()))

    def refuse_pending(self) -> None:
        for acknowledge in self._pending.values():
            acknowledge(_unavailable())
        self._pending.clear()


def _source_size(post: Post) -> int:
    return len(post[0].body)


def _size(post: Post) -> int:
    """Return the characters of the body and the HTML, which is as long as the body if it has no markup."""
    draft, _ = post
    html = draft.content.html if isinstance(draft.content, Rendered) else draft.body
    return len(draft.body) + len(html)


def _render(drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        draft.render()


def _outcome(result: Result) -> str:
    if isinstance(result, Refusal):
        return "refused"
    return "repeated" if result.is_repeat else "stored"


def _unavailable() -> Unavailable:
    metrics.posts.labels("unavailable").inc()
    return Unavailable(retry_after=2)
