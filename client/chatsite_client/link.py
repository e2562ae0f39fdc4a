"""Keeps one live connection up: opens it again after each loss, fills the gaps, and sends what is in the outbox."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from chatsite_client import events
from chatsite_client.backoff import reconnect_delay
from chatsite_client.connection import Connection, open_connection
from chatsite_client.credentials import Credentials
from chatsite_client.delivery import Delivery
from chatsite_client.errors import CONNECTION_LOST, ChatsiteError, Disconnected, LoginRefused, Refused, closed
from chatsite_client.events import Event, Ok
from chatsite_client.folders import outbox_folder
from chatsite_client.http import HttpSite
from chatsite_client.i18n import gettext as _
from chatsite_client.models import Message
from chatsite_client.outbox import Outbox, Post
from chatsite_client.state import SiteState

STABLE_AFTER = 10.0


class Link:
    """`emit` is called with each event for the program. `run()` ends only with LoginRefused."""

    def __init__(
        self,
        http: HttpSite,
        credentials: Credentials,
        state: SiteState,
        *,
        emit: Callable[[Event], None],
        folder: Path | None,
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._state = state
        self._emit = emit
        self._folder = folder
        self._connection: Connection | None = None
        self._retry_after: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.delivery: Delivery | None = None
        self.is_up = asyncio.Event()

    async def run(self) -> None:
        attempt = 0
        while True:
            started = _now()
            error = await self._run_connection()
            if isinstance(error, LoginRefused) and await self._http.is_logged_in() is not True:
                raise error
            attempt = 0 if _now() - started > STABLE_AFTER else attempt
            code = error.code if isinstance(error, Disconnected) else CONNECTION_LOST
            delay = reconnect_delay(attempt, code, self._retry_after)
            attempt, self._retry_after = attempt + 1, None
            self._emit(events.ConnectionLost(reason=str(error), retry_in=delay))
            await asyncio.sleep(delay)

    async def send(self, command: str, /, **fields: object) -> Ok:
        """Send a command and wait for its reply. Raises Refused or Disconnected."""
        if self._connection is None:
            raise closed(CONNECTION_LOST, _("There is no connection."))
        return await self._connection.send(command, **fields)

    async def send_only(self, command: str, /, **fields: object) -> None:
        """Send a command without a reply. Does nothing without a connection."""
        if self._connection is not None:
            with suppress(Disconnected):
                await self._connection.send_only(command, **fields)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self._disconnect()
        if self.delivery is not None:
            await self.delivery.close()

    async def _run_connection(self) -> ChatsiteError:
        """Connect, and handle the events until the connection ends. Return why it did."""
        try:
            self._connection = await open_connection(self._http.url, self._credentials.headers(self._http.url))
            async for event in self._connection.events():
                self._handle(event)
        except ChatsiteError as error:
            return error
        finally:
            await self._disconnect()
        return closed(CONNECTION_LOST)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self.is_up.clear()
        if self.delivery is not None:
            self.delivery.pause()
        if connection is not None:
            await connection.close()

    def _handle(self, event: Event) -> None:
        if isinstance(event, events.Welcome):
            self._welcome(event)
            return
        if isinstance(event, events.ServerClosing):
            self._retry_after = event.retry_after
        for each in self._state.apply(event):
            self._emit(each)
        self._fill_gaps()

    def _welcome(self, event: events.Welcome) -> None:
        is_first = self.delivery is None
        if self.delivery is None:
            folder = self._folder or outbox_folder(urlsplit(self._http.url).netloc, event.user.id)
            self.delivery = Delivery(Outbox(folder), self._post, self._report)
        resets = self._state.welcome(event)
        self.is_up.set()
        for each in [events.Connected(is_first=is_first), *resets]:
            self._emit(each)
        self._fill_gaps()
        self.delivery.resume()

    def _fill_gaps(self) -> None:
        if gaps := self._state.take_gaps():
            self._start(self._sync(gaps))

    async def _sync(self, gaps: dict[int, int]) -> None:
        try:
            await self.send("sync", rooms=gaps)
        except Refused as refusal:
            await asyncio.sleep(refusal.retry_after or 2)
            self._state.give_back(gaps)
            self._fill_gaps()
        except Disconnected:
            return  # the next connection syncs everything

    async def _post(self, post: Post) -> Message:
        fields: dict[str, object] = {"room": post.room, "client_id": post.client_id, "body": post.body}
        if post.reply_to is not None:
            fields["reply_to"] = post.reply_to
        reply = await self.send("message.post", attachments=post.attachments, **fields)
        if reply.message is None:
            raise closed(CONNECTION_LOST, _("The server’s reply has no message."))
        return reply.message

    def _report(self, post: Post, refusal: Refused) -> None:
        reason = {"code": refusal.code, "detail": refusal.detail}
        self._emit(events.PostFailed(room=post.room, client_id=post.client_id, body=post.body, **reason))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _now() -> float:
    return asyncio.get_running_loop().time()
