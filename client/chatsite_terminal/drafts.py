"""Unfinished messages, which are kept on the server, so that the person can go on writing on another device.

The newest text wins. What another device wrote at the same time is put above it, and what is being typed here stays.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from chatsite_client import ChatsiteError, Client
from chatsite_client.models import Draft, Quote

INTERVAL = 1.5  # seconds between two states that are sent while the person is typing
FLUSH_SECONDS = 2.0


class Unfinished(Struct, frozen=True):
    """A text, and the message to which it replies."""

    body: str = ""
    reply_to: Quote | None = None

    def followed_by(self, body: str) -> "Unfinished":
        return Unfinished("\n".join(filter(None, [self.body, body])), self.reply_to)

    def is_same(self, draft: Draft) -> bool:
        return self.body == draft.body and self._quoted == (draft.reply_to.id if draft.reply_to else None)

    @property
    def _quoted(self) -> int | None:
        return self.reply_to.id if self.reply_to else None


class Drafts:
    """`show(room, before, draft)` is called when another device changed a draft that was `before`."""

    def __init__(self, client: Client, show: Callable[[int, Unfinished, Unfinished], None]) -> None:
        self._client = client
        self._show = show
        self._own: dict[int, Unfinished] = {}
        self._written: dict[int, str] = {}  # the last text, which may have been sent in the meantime
        self._known: dict[int, Draft] = {}  # what the server has
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def get(self, room: int) -> Unfinished:
        return self._own.get(room, Unfinished())

    def set(self, room: int, draft: Unfinished) -> None:
        """Store what was typed, at once or after a pause."""
        if draft != self.get(room):
            self._own[room] = draft
            if draft.body:
                self._written[room] = draft.body
            self._plan(room, INTERVAL if draft.body else 0)

    def replace(self) -> None:
        """Learn all drafts that the server has, after the connection was opened."""
        for room in self._client.state.rooms:
            draft = self._client.state.drafts.get(room, Draft(room=room))
            if draft.version != self._known_of(room).version:
                self._apply(draft)
            if not self.get(room).is_same(self._known_of(room)):
                self._plan(room, 0)

    def learn(self, draft: Draft) -> None:
        """Learn that a draft was changed, here or on another device."""
        if draft.room not in self._tasks and draft.version > self._known_of(draft.room).version:
            self._apply(draft)

    async def flush(self) -> None:
        """Send what wasn't sent yet, because the person is leaving."""
        for task in self._tasks.values():
            task.cancel()
        rooms = [room for room in self._own if not self.get(room).is_same(self._known_of(room))]
        with suppress(ChatsiteError, TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await asyncio.gather(*map(self._store, rooms))

    def _plan(self, room: int, delay: float) -> None:
        if room in self._tasks and delay:
            return
        if room in self._tasks:
            self._tasks[room].cancel()
        self._tasks[room] = asyncio.create_task(self._send(room, delay))

    async def _send(self, room: int, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            while not self.get(room).is_same(self._known_of(room)):
                await self._store(room)
                await asyncio.sleep(INTERVAL)
        except ChatsiteError:
            return  # the next connection or change sends it
        finally:
            if self._tasks.get(room) is asyncio.current_task():
                del self._tasks[room]
        self._learn_latest(room)

    async def _store(self, room: int) -> None:
        own, known = self.get(room), self._known_of(room)
        reply_to = own.reply_to.id if own.reply_to else None
        stored = await self._client.set_draft(room, own.body, reply_to=reply_to, known=known.version)
        if own.is_same(stored):
            self._known[room] = stored
        else:
            self._apply(stored)

    def _learn_latest(self, room: int) -> None:
        """Learn the draft that arrived while another one was being sent."""
        if room in self._client.state.drafts:
            self.learn(self._client.state.drafts[room])

    def _apply(self, draft: Draft) -> None:
        """Take over the server's draft. If this device has changed it, too, both are kept."""
        before = self.get(draft.room)
        is_changed = not before.is_same(self._known_of(draft.room))
        self._known[draft.room] = draft
        body = draft.body
        if is_changed and (before.body or self._written.get(draft.room, "")).startswith(body):
            return  # it is an earlier state of what was written here
        if is_changed and not body.startswith(before.body):
            body = f"{body}\n{before.body}"
        own = Unfinished(body, draft.reply_to or (before.reply_to if is_changed else None))
        if own != before:
            self._own[draft.room] = own
            self._show(draft.room, before, own)

    def _known_of(self, room: int) -> Draft:
        return self._known.get(room, Draft(room=room))
