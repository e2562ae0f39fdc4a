"""Commands for threads, pins, saved messages and mentions."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from chatsite_client import Client, Message, Page, Refused, Room
from chatsite_client.i18n import gettext as _
from chatsite_client.i18n import ngettext
from chatsite_client.state import SiteState
from chatsite_terminal.commands import UsageError, pick
from chatsite_terminal.lines import message_line

MAX_THREADS = 20  # in the list of those with unread replies


class OpenThread(NamedTuple):
    """A thread that is shown. `reply_to`: the message that replies quote, unless the person chooses another one."""

    room: int
    id: int
    reply_to: int


class ReadingCommands:
    """A part of `Session`. Lists are numbered, and the commands that follow them take a number."""

    client: Client
    state: SiteState
    thread: OpenThread | None
    room_id: int | None

    def __init__(self) -> None:
        self._listed: list[Message] = []
        self._lists: dict[str, Callable[[], Awaitable[list[Message]]]] = {
            "threads": self._unread_threads,
            "pins": self._pins,
            "saved": self._saved,
            "mentions": self._mentions,
        }

    @property
    def room(self) -> Room:
        raise NotImplementedError

    def note(self, message: Message) -> None:
        raise NotImplementedError

    async def latest(self, *, is_own: bool = False) -> Message:
        raise NotImplementedError

    @property
    def list_names(self) -> Iterable[str]:
        return self._lists

    async def list_messages(self, name: str) -> list[Message]:
        """Return the messages of a list, which can then be named by their numbers."""
        self._listed = await self._lists[name]()
        return self._listed

    async def open_thread(self, room: int, thread: int, *, before: int | None = None) -> Page:
        """Return a part of a thread, in which the person writes from now on."""
        page = await self.client.http.thread(room, thread, before=before)
        for message in page.messages:
            self.note(message)
        if before is None:
            there = [message for message in page.messages if not message.deleted_at]
            target = next((message for message in there if message.id == thread), there[-1] if there else None)
            self.room_id, self.thread = room, OpenThread(room, thread, target.id if target else thread)
        return page

    # -- commands ----------------------------------------------------------------------------------------

    async def _do_threads(self) -> list[str]:
        return await self._numbered("threads", _("No thread has unread replies."))

    async def _do_pins(self) -> list[str]:
        return await self._numbered("pins", _("Nothing is pinned."))

    async def _do_saved(self) -> list[str]:
        return await self._numbered("saved", _("You haven’t saved any messages."))

    async def _do_mentions(self) -> list[str]:
        return await self._numbered("mentions", _("Nobody has mentioned you yet."))

    async def _do_thread(self, number: str = "") -> list[str]:
        if self.thread is not None and not number:
            self.thread = None
            return [_("You’ve left the thread.")]
        message = await self._chosen(number)
        thread = message.thread or message.id
        page = await self.open_thread(message.room, thread)
        if thread in self.state.threads.unread:
            await self.client.mark_thread_read(thread, page.messages[-1].seq)
        return [message_line(self.state, each) for each in page.messages]

    async def _do_follow(self) -> list[str]:
        thread = self._open_thread()
        await self.client.http.follow(thread.room, thread.id)
        return [_("You follow this thread.")]

    async def _do_unfollow(self) -> list[str]:
        thread = self._open_thread()
        await self.client.http.unfollow(thread.room, thread.id)
        return [_("You don’t follow this thread anymore.")]

    async def _do_pin(self, number: str = "") -> list[str]:
        await self.client.pin((await self._chosen(number)).id)
        return [_("Pinned.")]

    async def _do_unpin(self, number: str = "") -> list[str]:
        await self.client.unpin((await self._chosen(number)).id)
        return [_("Unpinned.")]

    async def _do_later(self, number: str = "") -> list[str]:
        await self.client.http.save((await self._chosen(number)).id)
        return [_("Saved for later: /saved lists it.")]

    async def _do_unsave(self, number: str = "") -> list[str]:
        await self.client.http.unsave((await self._chosen(number)).id)
        return [_("Removed from your saved messages.")]

    # -- inside ------------------------------------------------------------------------------------------

    async def _unread_threads(self) -> list[Message]:
        unread = sorted(self.state.threads.unread.values(), key=lambda each: (each.room, -each.last_seq))
        found = []
        for each in unread[:MAX_THREADS]:
            try:
                found.append(await self.client.http.message(each.thread))
            except Refused:  # it was deleted, or isn't shown to this person
                page = await self.client.http.thread(each.room, each.thread)
                found += page.messages[-1:]
        return found

    async def _pins(self) -> list[Message]:
        return await self.client.http.pins(self.room.id)

    async def _saved(self) -> list[Message]:
        return [each.message for each in (await self.client.http.saved()).saved]

    async def _mentions(self) -> list[Message]:
        return (await self.client.http.mentions()).messages

    async def _numbered(self, name: str, nothing: str) -> list[str]:
        messages = await self.list_messages(name)
        return [f"{number}  {self.list_line(message)}" for number, message in enumerate(messages, 1)] or [nothing]

    def list_line(self, message: Message) -> str:
        """Return a message's line in a list, with the number of unread replies to it."""
        line = message_line(self.state, message)
        unread = self.state.threads.unread.get(message.thread or message.id)
        if unread is None:
            return line
        count = ngettext("{count} unread", "{count} unread", unread.unread).format(count=unread.unread)
        return f"{line} ({count})"

    async def _chosen(self, number: str) -> Message:
        """Return the message with this number in the list that was shown last, or the latest one."""
        if not number:
            return await self.latest()
        if (message := pick(self._listed, number)) is not None:
            return message
        raise UsageError(_("The latest list has no number {number}.").format(number=number))

    def _open_thread(self) -> OpenThread:
        if self.thread is None:
            raise UsageError(_("Open a thread first: /thread"))
        return self.thread
