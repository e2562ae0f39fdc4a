"""The client: typed events from one live connection that restores itself, commands, and an outbox on disk."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from chatsite_client.credentials import Credentials, clean_url
from chatsite_client.errors import CONNECTION_LOST, ChatsiteError, Refused, closed
from chatsite_client.events import Event
from chatsite_client.http import HttpSite
from chatsite_client.i18n import gettext as _
from chatsite_client.link import Link
from chatsite_client.models import Draft, Message, Room
from chatsite_client.outbox import Post
from chatsite_client.state import SiteState
from chatsite_client.subscription import Subscription


class Client:
    """An account's connection to a site.

        async with Client("https://chat.example.org", token="…") as client:
            async for event in client.events():
                ...

    `state` has the rooms, the people and who is online, and is kept current. `http` has all that isn't live. Messages
    that are posted without a connection wait on disk in `outbox_folder` (by default in a folder of the account in
    `~/.local/state/chatsite`), and are sent once, in order, even if that takes another start of the program.
    """

    def __init__(
        self, url: str, *, token: str = "", credentials: Credentials | None = None, outbox_folder: Path | None = None
    ) -> None:
        self.url = clean_url(url)
        self.state = SiteState()
        credentials = credentials or Credentials(token=token)
        self.http = HttpSite(self.url, credentials)
        self._link = Link(self.http, credentials, self.state, emit=self._emit, folder=outbox_folder)
        self._subscriptions: list[Subscription] = []
        self._task: asyncio.Task[None] | None = None

    # -- the connection -------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        await self.close()

    @property
    def is_connected(self) -> bool:
        return self._link.is_up.is_set()

    async def connect(self) -> None:
        """Wait until there is a connection, as long as that takes. Raises LoginRefused."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await self._wait_for(self._link.is_up)

    async def close(self) -> None:
        """Close the connection. What is in the outbox stays there."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, ChatsiteError):
                await self._task
        await self._link.close()
        self._end(None)
        await self.http.close()

    def events(self) -> AsyncIterator[Event]:
        """Return the events from now on, until the client is closed.

        Raises LoginRefused when the session or the token has ended, and TooSlow if too many events are waiting.
        """
        subscription = Subscription()
        self._subscriptions.append(subscription)
        return self._read(subscription)

    # -- commands: raise Refused, or Disconnected without a connection ------------------------------------
    # `queue()` and `post()` raise NotStored if the outbox can't be written.

    def queue(
        self, room: int | Room, body: str, *, reply_to: int | None = None, attachments: Iterable[str] = ()
    ) -> Post:
        """Put a message into the outbox, and return it. A PostFailed event follows if the server refuses it."""
        post = _make_post(room, body, reply_to, attachments)
        self._deliver(post)
        return post

    async def post(
        self, room: int | Room, body: str, *, reply_to: int | None = None, attachments: Iterable[str] = ()
    ) -> Message:
        """Post a message, and return it when it is stored. Without a connection, this waits for the next one.

        After LoginRefused, the message stays in the outbox.
        """
        stored = self._deliver(_make_post(room, body, reply_to, attachments))
        await self._first(stored)
        return stored.result()

    async def edit(self, message: Message, body: str) -> None:
        """Replace a message's text, unless it has been edited since: then the error is `conflict`."""
        edited_at = _stamp(message.edited_at)
        await self._link.send("message.edit", message=message.id, body=body, edited_at=edited_at)

    async def delete(self, message: int) -> None:
        await self._link.send("message.delete", message=message)

    async def react(self, message: int, emoji: str) -> None:
        await self._link.send("reaction.add", message=message, emoji=emoji)

    async def unreact(self, message: int, emoji: str) -> None:
        await self._link.send("reaction.remove", message=message, emoji=emoji)

    async def mark_read(self, room: Room) -> None:
        """Mark all messages of a room as read, unless they were marked as unread on another device meanwhile."""
        if room.last_read_seq < room.last_seq:
            known = {"known": room.last_read_seq, "marked_unread_at": _stamp(room.marked_unread_at)}
            await self._link.send("room.read", room=room.id, seq=room.last_seq, **known)

    async def mark_unread(self, room: int, seq: int) -> None:
        """Mark a room's messages as unread, from the number `seq` on."""
        await self._link.send("room.unread", room=room, seq=seq)

    async def mark_thread_read(self, thread: int, seq: int) -> None:
        """Mark a thread that you follow as read up to the number `seq`. `thread` is the id of its first message."""
        await self._link.send("thread.read", thread=thread, seq=seq)

    async def mark_mentions_read(self, room: int, seqs: Iterable[int]) -> None:
        """Mark mentions as read that edits added to messages before the read marker."""
        await self._link.send("mentions.read", room=room, seqs=list(seqs))

    async def pin(self, message: int) -> None:
        await self._link.send("message.pin", message=message)

    async def unpin(self, message: int) -> None:
        await self._link.send("message.unpin", message=message)

    async def set_draft(self, room: int, body: str, *, reply_to: int | None = None, known: int = 0) -> Draft:
        """Store a draft, and return the one that is stored now.

        `known` is the `version` of the draft that you changed. If another device has changed it, it stays as it is.
        """
        reply = await self._link.send("draft.set", room=room, body=body, reply_to=reply_to, known=known)
        return reply.draft or Draft(room=room)

    async def run_command(self, room: int, command: str, text: str = "", *, thread: int | None = None) -> None:
        """Run a slash command of the room or the site, without the slash, and wait until it is answered.

        The answer is a message in the room, or a CommandAnswered event.
        """
        fields = {"command": command, "text": text, "thread": thread, "client_id": str(uuid4())}
        await self._link.send("command.run", room=room, **fields)

    async def typing(self, room: int) -> None:
        """Show others that you are typing. Does nothing without a connection."""
        await self._link.send_only("room.typing", room=room)

    async def flush(self, room: int | None = None) -> None:
        """Wait until the server has confirmed or refused all messages, or those of a room."""
        if self._link.delivery is None:
            return
        if room is None:
            await self._wait_for(self._link.delivery.is_empty)
        elif (last := self._link.delivery.last_of(room)) is not None:
            await self._first(last)

    @property
    def waiting(self) -> list[Post]:
        """The messages that the server hasn't confirmed yet."""
        return list(self._link.delivery.outbox) if self._link.delivery is not None else []

    # -- inside -----------------------------------------------------------------------------------------

    def _deliver(self, post: Post) -> "asyncio.Future[Message]":
        if self._link.delivery is None:
            raise closed(CONNECTION_LOST, _("There hasn’t been a connection yet."))
        length, most = len(post.body), self.state.limits.body
        if length > most:
            text = _("The message is too long: at most {most} characters, and this has {length}.")
            raise Refused("too_long", text.format(most=most, length=length), field="body")
        return self._link.delivery.add(post)

    async def _run(self) -> None:
        try:
            await self._link.run()
        except Exception as error:
            self._end(error)
            raise

    async def _wait_for(self, event: asyncio.Event) -> None:
        if event.is_set():
            return
        waiting = asyncio.create_task(event.wait())
        try:
            await self._first(waiting)
        finally:
            waiting.cancel()

    async def _first(self, result: asyncio.Future[Any]) -> None:
        """Wait for a result. Raises the error with which the client ended, if there won't be one."""
        ended = {self._task} if self._task is not None else set()
        await asyncio.wait({result, *ended}, return_when=asyncio.FIRST_COMPLETED)
        if self._task is not None and not result.done():
            self._task.result()

    async def _read(self, subscription: Subscription) -> AsyncIterator[Event]:
        try:
            async for event in subscription:
                yield event
        finally:
            self._subscriptions.remove(subscription)

    def _emit(self, event: Event) -> None:
        for subscription in self._subscriptions:
            subscription.add(event)

    def _end(self, error: Exception | None) -> None:
        for subscription in self._subscriptions:
            subscription.end(error)


def _make_post(room: int | Room, body: str, reply_to: int | None, attachments: Iterable[str]) -> Post:
    room_id = room.id if isinstance(room, Room) else room
    return Post(room=room_id, body=body, reply_to=reply_to, attachments=list(attachments))


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
