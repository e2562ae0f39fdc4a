"""The plain interface: it prints a line for each message, and sends each line that is entered."""

import argparse
import asyncio
import sys
from contextlib import suppress

from chatsite_client import ChatsiteError, Client, LoginRefused, Message, Room
from chatsite_client.events import (
    CommandAnswered,
    Connected,
    ConnectionLost,
    Event,
    MessageChanged,
    MessagePosted,
    PostFailed,
)
from chatsite_client.i18n import gettext as _
from chatsite_terminal.commands import UsageError
from chatsite_terminal.lines import answer_text, error_text, message_line, notice_text
from chatsite_terminal.safe_text import clean
from chatsite_terminal.session import Quit, Session
from chatsite_terminal.standard_input import LineTooLong, read_lines

OK, FAILED, UNREACHABLE = 0, 1, 4
DEFAULT_LINES = 10


async def run_plain(client: Client, options: argparse.Namespace) -> int:
    """Chat until the input ends and all its messages are sent. Return the exit status."""
    interface = PlainInterface(client, options)
    reader = asyncio.create_task(interface.show_events())
    work = asyncio.create_task(interface.run())
    try:
        await asyncio.wait({reader, work}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            reader.result()  # the login has ended, or nobody reads the output anymore
        return await work
    finally:
        for task in (reader, work):
            task.cancel()
            with suppress(asyncio.CancelledError, ChatsiteError, OSError):
                await task
        await client.close()


class PlainInterface:
    def __init__(self, client: Client, options: argparse.Namespace) -> None:
        self._client = client
        self._session = Session(client)
        self._options = options
        self._events = client.events()
        self._shown: dict[
            int, tuple[object, object]
        ] = {}  # what was shown of a message: when it was edited, or deleted
        self._has_failed = False
        self._problem = ""  # why there is no connection

    async def run(self) -> int:
        if not await self._connect():
            return UNREACHABLE
        try:
            if self._options.room:
                self._session.room_id = (await self._session.open_room(self._options.room)).id
                await self._show_history(self._session.room)
        except UsageError as error:
            _warn(str(error))
            return FAILED
        with suppress(Quit):
            await self._read_input()
        return await self._finish()

    async def show_events(self) -> None:
        async for event in self._events:
            if isinstance(event, MessagePosted | MessageChanged):
                self._show_message(event.message, is_new=isinstance(event, MessagePosted))
            elif isinstance(event, CommandAnswered):
                _say(answer_text(event))
            else:
                self._show_notice(event)

    async def _connect(self) -> bool:
        try:
            async with asyncio.timeout(self._options.timeout):
                await self._client.connect()
        except TimeoutError:
            _warn(self._problem or _("There is no connection."))
            return False
        return True

    async def _read_input(self) -> None:
        try:
            async for line in read_lines():
                await self._run_line(line)
        except LineTooLong:
            self._has_failed = True
            _warn(_("A line is too long."))

    async def _run_line(self, line: str) -> None:
        try:
            for each in await self._session.run(line):
                _say(each)
        except LoginRefused:
            raise
        except (UsageError, ChatsiteError, OSError) as error:
            self._has_failed = True
            _warn(error_text(error))

    async def _finish(self) -> int:
        """Wait until all messages are sent. Without a connection, they stay in the outbox for the next start."""
        try:
            async with asyncio.timeout(self._options.timeout):
                await self._client.flush()
        except TimeoutError:
            _warn(_("There is no connection. The messages will be sent at the next start."))
            return UNREACHABLE
        await asyncio.sleep(0)  # for the last PostFailed
        return FAILED if self._has_failed else OK

    async def _show_history(self, room: Room) -> None:
        count = self._options.lines
        if count is None:
            count = DEFAULT_LINES if sys.stdin.isatty() else 0
        page = await self._client.http.history(room.id) if count > 0 else None
        for message in page.messages if page else []:
            self._session.note(message)
        for message in page.messages[-count:] if page else []:
            self._print(message)

    def _show_message(self, message: Message, *, is_new: bool) -> None:
        self._session.note(message)
        if self._options.room and message.room != self._session.room_id:
            return
        state = (message.edited_at, message.deleted_at)
        if is_new or (message.id in self._shown and self._shown[message.id] != state):
            self._print(message)

    def _print(self, message: Message) -> None:
        self._shown[message.id] = (message.edited_at, message.deleted_at)
        _say(message_line(self._client.state, message, has_room=not self._options.room))

    def _show_notice(self, event: Event) -> None:
        if isinstance(event, PostFailed):
            self._has_failed = True
        is_known = isinstance(event, ConnectionLost) and self._problem  # one notice for an outage
        if isinstance(event, ConnectionLost | Connected):
            self._problem = event.reason if isinstance(event, ConnectionLost) else ""
        if not is_known and (text := notice_text(event)):
            _warn(text)


def _say(text: str) -> None:
    print(clean(text), flush=True)


def _warn(text: str) -> None:
    print(clean(text), file=sys.stderr, flush=True)
