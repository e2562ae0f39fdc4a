"""Which room or thread is shown: opening it, and loading older and newer messages."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from chatsite_client import ChatsiteError, Message, Page, Room
from chatsite_client.i18n import gettext as _
from chatsite_client.outbox import Post
from chatsite_terminal.arrivals import Arriving
from chatsite_terminal.commands import UsageError
from chatsite_terminal.lines import room_line
from chatsite_terminal.reading import Reading
from chatsite_terminal.rendering import thread_title, title_content
from chatsite_terminal.screens import ChoiceScreen, SearchScreen

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp


class Navigation:
    """Starts its work in the background. A newer room ends the loading of an older one."""

    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self._session = app.session
        self._http = app.client.http
        self._arriving = Arriving()
        self.reading = Reading(app)

    @property
    def room(self) -> Room | None:
        return self._app.client.state.rooms.get(self._session.room_id or 0)

    def note(self, message: Message) -> None:
        """Must be called with each message that arrives, so that pages that are being loaded have it."""
        self._arriving.add(message)

    def open(self, room_id: int, *, around: int | None = None, thread: int | None = None) -> None:
        """Show a room from where the person stopped reading, or around a message, or one of its threads."""
        work = partial(self._open_thread, room_id, thread) if thread else partial(self._open, room_id, around)
        self._app.start(work, group="room")

    def go_to_latest(self) -> None:
        """Show the end of the room."""
        if self._session.room_id is not None:
            self._app.start(partial(self._open, self._session.room_id, at_end=True), group="room")

    def reload(self) -> None:
        """Show the room or thread again."""
        thread = self._session.thread
        if thread is not None:
            self.open(thread.room, thread=thread.id)
        elif self._session.room_id is not None:
            self.open(self._session.room_id)

    def leave(self) -> None:
        """Go from earlier messages to the latest, or from a thread to its room."""
        if self._session.thread is not None:
            self.open(self._session.thread.room)
        elif self._app.log_view.has_newer:
            self.go_to_latest()

    def close(self) -> None:
        """Show that the person isn't in the open room anymore.

        No other room is opened, because what they are typing isn't meant for its members.
        """
        app, self._session.room_id, self._session.thread = self._app, None, None
        app.log_view.clear_messages()
        app.log_view.timeline.has_older = False
        app.room_title.update(Content(_("You’re no longer in this room. Others: Ctrl+K")))
        app.hints.clear()
        app.hints.show_place("")

    def open_first(self, wanted: str | None = None) -> None:
        """Show the wanted room, one with mentions, or the first one."""
        self._app.start(partial(self._open_first, wanted), group="room")

    def load_older(self) -> None:
        self._app.start(self._load_older, group="load")

    def load_newer(self) -> None:
        self._app.start(self._load_newer, group="load")

    def step(self, step: int) -> None:
        """Go to the next or the previous room of the sidebar."""
        rooms = [room.id for room in self._app.sidebar.rooms()]
        if rooms:
            index = rooms.index(self._session.room_id) if self._session.room_id in rooms else 0
            self.open(rooms[(index + step) % len(rooms)])

    def open_unread(self) -> None:
        """Go to a room with mentions, or with other unread messages."""
        unread = [room for room in self._app.sidebar.rooms() if room.unread and room.id != self._session.room_id]
        unread.sort(key=lambda room: (not room.unread_mentions, room.muted))
        if unread:
            self.open(unread[0].id)
        else:
            self._app.notify(_("Nothing is unread."), markup=False)

    async def choose(self) -> None:
        """Let the person choose a room."""
        choices = {str(room.id): room_line(room) for room in self._app.sidebar.rooms()}
        chosen = await self._app.push_screen_wait(ChoiceScreen(_("Go to a room or person"), choices))
        if chosen is not None:
            self.open(int(chosen))

    async def choose_message(self, name: str) -> None:
        """Let the person choose a message of a list, such as `pins`, or a thread, and go there."""
        try:
            messages = await self._session.list_messages(name)
        except (UsageError, ChatsiteError) as error:
            self._app.complain(error)
            return
        lines = {str(message.id): self._session.list_line(message) for message in messages}
        chosen = await self._app.push_screen_wait(ChoiceScreen(f"/{name}", lines))
        message = next((each for each in messages if str(each.id) == chosen), None)
        if message is not None:
            thread = message.thread or message.id
            self.open(message.room, around=message.seq, thread=thread if name == "threads" else None)

    async def search(self, query: str = "") -> None:
        """Let the person search, and show the message that they choose."""
        if not isinstance(self._app.screen, SearchScreen):
            screen = SearchScreen(self._app.client.state, self._http.search, query)
            found = await self._app.push_screen_wait(screen)
            if found is not None:
                self.open(found.room, around=found.seq)

    async def _open(self, room_id: int, around: int | None = None, *, at_end: bool = False) -> None:
        app = self._app
        room = app.client.state.rooms.get(room_id)
        first_new = room.last_read_seq + 1 if room is not None and room.unread else None
        try:
            with self._arriving.collect() as arrivals:
                page = await self._load_first(room_id, around, None if at_end else first_new)
        except ChatsiteError as error:
            app.complain(error)
            return
        page = arrivals.complete(page, room_id)
        self._session.room_id, self._session.thread = room_id, None
        for message in page.messages:
            self._session.note(message)
        waiting = [post for post in app.client.waiting if post.room == room_id]
        app.log_view.show_page(page, waiting, around=around, first_new=first_new, at_end=at_end)
        self._entered()
        if room is not None:
            app.room_title.update(title_content(room))
        with suppress(ChatsiteError):
            await self._session.learn_members()
            app.sidebar.refresh_soon(room_id)

    async def _load_first(self, room_id: int, around: int | None, first_new: int | None) -> Page:
        """Return the page with a message, or the newest one, or that with the first new message."""
        page = await self._http.history(room_id, around=around)
        if around is None and first_new is not None and page.messages and page.messages[0].seq > first_new:
            return await self._http.history(room_id, around=first_new)
        return page

    async def _open_thread(self, room_id: int, thread: int) -> None:
        app = self._app
        try:
            with self._arriving.collect() as arrivals:
                page = await self._session.open_thread(room_id, thread)
        except ChatsiteError as error:
            app.complain(error)
            return
        page = arrivals.complete(page, room_id, thread=thread)
        app.log_view.show_page(page, self._waiting_in_thread(page))
        self._entered()
        self.show_thread_title()
        app.composer.focus()

    def show_thread_title(self) -> None:
        """Show whether the open thread is followed."""
        thread, room = self._session.thread, self.room
        if thread is not None and room is not None:
            is_followed = thread.id in self._app.client.state.threads.followed
            self._app.room_title.update(thread_title(room, is_followed=is_followed))

    def _waiting_in_thread(self, page: Page) -> list[Post]:
        ids = {message.id for message in page.messages}
        return [post for post in self._app.client.waiting if post.reply_to in ids]

    def _entered(self) -> None:
        app, thread = self._app, self._session.thread
        app.writing.enter((self._session.room_id or 0, thread.id if thread else None))
        app.hints.clear()
        app.hints.show_place(_("Earlier messages  (Esc goes to the latest)") if app.log_view.has_newer else "")
        app.sidebar.refresh_soon(self._session.room_id)
        self.reading.resume()

    async def _open_first(self, wanted: str | None) -> None:
        rooms = self._app.sidebar.rooms()
        room = next((room for room in rooms if room.unread_mentions), rooms[0] if rooms else None)
        if wanted:
            try:
                room = await self._session.open_room(wanted)
            except (UsageError, ChatsiteError) as error:
                self._app.complain(error)
        if room is None:
            self._app.room_title.update(Content(_("You aren’t in any room yet: /join room")))
        else:
            await self._open(room.id)

    async def _load_older(self) -> None:
        log, timeline = self._app.log_view, self._app.log_view.timeline
        try:
            page = await self._load_before()
        except ChatsiteError as error:
            self._app.complain(error)
            return
        if page is not None and log.timeline is timeline:
            log.show_older(page)

    async def _load_before(self) -> Page | None:
        """Return the messages before those that are shown."""
        timeline, thread = self._app.log_view.timeline, self._session.thread
        if thread is not None:
            first = next((message.seq for message in timeline.messages.values() if message.id != thread.id), None)
            return await self._session.open_thread(thread.room, thread.id, before=first)
        if self._session.room_id is None:
            return None
        return await self._http.history(self._session.room_id, before=timeline.first_seq or None)

    async def _load_newer(self) -> None:
        room_id, timeline = self._session.room_id, self._app.log_view.timeline
        if room_id is None or self._session.thread is not None:
            return
        try:
            with self._arriving.collect() as arrivals:
                page = await self._http.history(room_id, after=timeline.last_seq)
        except ChatsiteError as error:
            self._app.complain(error)
            return
        page = arrivals.complete(page, room_id)
        if self._app.log_view.timeline is timeline:
            self._app.log_view.show_newer(page)
            self._app.hints.show_place(_("Earlier messages  (Esc goes to the latest)") if page.has_newer else "")
