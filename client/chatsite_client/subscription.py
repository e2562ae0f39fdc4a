"""The events that one reader hasn't taken yet."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from chatsite_client.errors import TooSlow
from chatsite_client.events import Event
from chatsite_client.i18n import gettext as _

MAX_WAITING = 10_000


class Subscription:
    """An iterator of events. Raises the error with which they ended, or TooSlow if too many were waiting."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._changed = asyncio.Event()
        self._error: Exception | None = None
        self._is_ended = False

    def add(self, event: Event) -> None:
        if self._is_ended:
            return
        self._events.append(event)
        self._changed.set()
        if len(self._events) > MAX_WAITING:
            self._events.clear()
            self.end(TooSlow(_("Events arrive faster than this program reads them.")))

    def end(self, error: Exception | None) -> None:
        if not self._is_ended:
            self._is_ended, self._error = True, error
            self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._is_ended:
                break
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None:
            raise self._error
