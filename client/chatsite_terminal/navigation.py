"""Which room is shown: opening rooms, older messages, the next unread one, and marking as read."""

from contextlib import suppress
from typing import TYPE_CHECKING

from textual.content import Content

from chatsite_client import ChatsiteError, Room
from chatsite_terminal.commands import UsageError
from chatsite_terminal.i18n import gettext as _
from chatsite_terminal.lines import room_line
from chatsite_terminal.rendering import title_content
from chatsite_terminal.screens import ChoiceScreen, SearchScreen

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp


class Navigation:
    """Starts its work in the background. A newer room ends the loading of an older one."""

    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self._session = app.session
        self._http = app.client.http

    @property
    def room(self) -> Room | None:
        return self._app.client.state.rooms.get(self._session.room_id or 0)

    def open(self, room_id: int, around: int | None = None) -> None:
        """Show a room from its end, or around a message."""
        self._session.room_id = room_id
        self._app.run_worker(self._open(room_id, around), group="room", exclusive=True)

    def reload(self) -> None:
        if self.room is not None:
            self.open(self.room.id)

    def open_first(self, wanted: str | None = None) -> None:
        """Show the wanted room, one with mentions, or the first one."""
        self._app.run_worker(self._open_first(wanted), group="room", exclusive=True)

    def load_older(self) -> None:
        self._app.run_worker(self._load_older(), group="older", exclusive=True)

    def mark_read(self) -> None:
        """Mark the room as read if its end is in view and the terminal is in use."""
        if self.room is not None and self._app.app_focus and self._app.log_view.is_at_end:
            self._app.run_worker(self._mark_read(self.room), group="read", exclusive=True)

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

    async def search(self, query: str = "") -> None:
        """Let the person search, and show the message that they choose."""
        if not isinstance(self._app.screen, SearchScreen):
            screen = SearchScreen(self._app.client.state, self._http.search, query)
            found = await self._app.push_screen_wait(screen)
            if found is not None:
                self.open(found.room, around=found.seq)

    async def _open(self, room_id: int, around: int | None) -> None:
        app = self._app
        app.actions.cancel()
        try:
            page = await self._http.history(room_id, around=around)
        except ChatsiteError as error:
            app.complain(error)
            return
        for message in page.messages:
            self._session.note(message)
        app.log_view.show_page(page, [post for post in app.client.waiting if post.room == room_id], around)
        if page.has_newer:
            app.hints.show_mode(_("Earlier messages  (Esc goes to the latest)"))
        if self.room is not None:
            app.room_title.update(title_content(self.room))
        app.hints.clear()
        app.sidebar.refresh_soon(room_id)
        app.call_after_refresh(self.mark_read)
        with suppress(ChatsiteError):
            await self._session.learn_members()
            app.sidebar.refresh_soon(room_id)

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
            self._session.room_id = room.id
            await self._open(room.id, None)

    async def _load_older(self) -> None:
        if self.room is None:
            return
        try:
            page = await self._http.history(self.room.id, before=self._app.log_view.first_seq or None)
        except ChatsiteError as error:
            self._app.complain(error)
            return
        self._app.log_view.show_older(page)

    async def _mark_read(self, room: Room) -> None:
        with suppress(ChatsiteError):
            await self._app.client.mark_read(room)
