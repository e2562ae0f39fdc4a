"""Sends the messages in the outbox: in order in each room, again after a lost connection, and each exactly once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from chatsite_client.errors import ChatsiteError, Disconnected, Refused
from chatsite_client.models import Message
from chatsite_client.outbox import Outbox, Post

RETRIED = {"rate_limited", "slow_mode", "unavailable", "closing", "timeout"}
DEFAULT_DELAY = 2.0
MAX_DELAY = 60.0


class Delivery:
    """`send` posts a message, and raises Refused or Disconnected. `report` is called for each that was refused."""

    def __init__(
        self, outbox: Outbox, send: Callable[[Post], Awaitable[Message]], report: Callable[[Post, Refused], None]
    ) -> None:
        self.outbox = outbox
        self._send = send
        self._report = report
        self._results: dict[str, asyncio.Future[Message]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._running = False
        self.is_empty = asyncio.Event()
        self.is_empty.set()

    def add(self, post: Post) -> asyncio.Future[Message]:
        """Put a message into the outbox. The result is the stored message, or Refused."""
        self.outbox.add(post)
        self.is_empty.clear()
        result = self._results[post.client_id] = asyncio.get_running_loop().create_future()
        self._start(post.room)
        return result

    def last_of(self, room: int) -> asyncio.Future[Message] | None:
        """Return the result of the last message in a room, if it is still waiting."""
        waiting = [post.client_id for post in self.outbox if post.room == room]
        return self._results.get(waiting[-1]) if waiting else None

    def resume(self) -> None:
        """Send what is waiting, also what other processes left. The connection is up."""
        self._running = True
        self.outbox.adopt()
        if self.outbox:
            self.is_empty.clear()
        for post in self.outbox:
            self._results.setdefault(post.client_id, asyncio.get_running_loop().create_future())
            self._start(post.room)

    def pause(self) -> None:
        """Stop sending until `resume()`, because the connection was lost."""
        self._running = False
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        self.pause()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        self.outbox.close()
        for result in self._results.values():
            result.cancel()

    def _start(self, room: int) -> None:
        if self._running and room not in self._tasks:
            self._tasks[room] = asyncio.get_running_loop().create_task(self._send_room(room))

    async def _send_room(self, room: int) -> None:
        """Send one message after another, so that none overtakes one that has to be sent again."""
        while (post := next((each for each in self.outbox if each.room == room), None)) is not None:
            try:
                self._settle(post, await self._send(post))
            except Refused as refusal:
                if refusal.code in RETRIED:
                    await asyncio.sleep(min(refusal.retry_after or DEFAULT_DELAY, MAX_DELAY))
                else:
                    self._settle(post, refusal)
            except Disconnected:
                break  # resume() goes on
        if self._tasks.get(room) is asyncio.current_task():
            del self._tasks[room]

    def _settle(self, post: Post, outcome: Message | Refused) -> None:
        self.outbox.remove(post.client_id)
        result = self._results.pop(post.client_id, None)
        if isinstance(outcome, Refused):
            self._report(post, outcome)
        if not self.outbox:
            self.is_empty.set()
        if result is None or result.done():
            return
        if isinstance(outcome, ChatsiteError):
            result.set_exception(outcome)
            result.exception()  # also reported as an event
        else:
            result.set_result(outcome)
