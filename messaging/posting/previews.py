"""Renders previews of messages.

They are rendered in a thread of their own, one at a time, so that no post waits for them. People take turns.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from live.db_threads import in_thread
from live.fair_queue import FairQueue
from messaging.errors import RateLimited, Unavailable
from messaging.mentions.names import Text, find_mentionable
from messaging.posting.content import render_content
from messaging.rendering import Rendered
from messaging.rendering.mentions import candidates_in
from rooms.errors import Refusal

logger = logging.getLogger(__name__)

MAX_WAITING = 200  # each takes up to 20 ms, so that the last one waits for about 4 s
MAX_WAITING_EACH = 3  # per user, for several tabs
RETRY_SECONDS = 2

Respond = Callable[[Rendered | Refusal], None]


class Previews:
    """Renders bodies with the checks and limits of posts, and stores nothing."""

    def __init__(self) -> None:
        self._waiting: FairQueue[int, tuple[str, Respond]] = FairQueue(limit=MAX_WAITING, limit_each=MAX_WAITING_EACH)
        self._has_waiting = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="previews")
        self._task = asyncio.create_task(self._render_all())

    def submit(self, user_id: int, body: str, respond: Respond) -> None:
        """Render the body, then call `respond` on the event loop, or at once if too many are waiting."""
        if self._waiting.put(user_id, (body, respond)):
            self._has_waiting.set()
        else:
            respond(RateLimited(retry_after=RETRY_SECONDS))

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._thread.shutdown(wait=False)

    async def _render_all(self) -> None:
        while True:
            await self._has_waiting.wait()
            self._has_waiting.clear()
            while waiting := self._waiting.take_next(lambda _: True):
                user_id, (body, respond) = waiting
                respond(await self._render(user_id, body))

    async def _render(self, user_id: int, body: str) -> Rendered | Refusal:
        loop = asyncio.get_running_loop()
        try:
            rendered = await loop.run_in_executor(self._thread, lambda: render_content(body, may_be_empty=False))
            return await _with_mentions(user_id, rendered)
        except Exception:
            logger.exception("a preview could not be rendered")
            return Unavailable(retry_after=RETRY_SECONDS)


async def _with_mentions(user_id: int, rendered: Rendered | Refusal) -> Rendered | Refusal:
    if isinstance(rendered, Refusal) or not candidates_in(rendered.html):
        return rendered
    text = Text(user_id, None, rendered)
    mentionable = await in_thread(find_mentionable, [text])
    return rendered._replace(html=mentionable.resolve(text).html)
