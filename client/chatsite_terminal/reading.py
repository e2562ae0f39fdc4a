"""Marks what the person has seen as read."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from chatsite_client import ChatsiteError, Room

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp

MAX_MENTIONS = 100  # in a command


class Reading:
    """A room or thread is read when its end is in view in a terminal that has the focus.

    After the person has marked messages as unread, nothing is marked as read until they open a room or post.
    """

    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self._session = app.session
        self._is_paused = False

    def resume(self) -> None:
        """Begin again, because the person has opened a room or posted."""
        self._is_paused = False
        self._app.call_after_refresh(self.mark_read)

    def pause(self, first_unread: int) -> None:
        """Leave messages unread, because the person wants that."""
        self._is_paused = True
        if self._session.thread is None:
            self._app.log_view.divide(first_unread)

    def note_new(self, seq: int) -> None:
        """Show where new messages begin, unless the person sees them arrive."""
        if not self._is_seen and self._app.log_view.timeline.first_new is None:
            self._app.log_view.divide(seq)

    def mark_read(self) -> None:
        room = self._app.client.state.rooms.get(self._session.room_id or 0)
        if room is not None and self._app.app_focus and not self._is_paused:
            self._app.start(partial(self._mark_read, room), group="read")

    @property
    def _is_seen(self) -> bool:
        log = self._app.log_view
        return self._app.app_focus and not self._is_paused and log.is_at_end and not log.has_newer

    async def _mark_read(self, room: Room) -> None:
        client, thread = self._app.client, self._session.thread
        with suppress(ChatsiteError):
            if seqs := self._added_mentions(room):
                await client.mark_mentions_read(room.id, seqs)
            if not self._is_seen:
                return
            if thread is None:
                await client.mark_read(room)
            elif thread.id in client.state.threads.unread:
                await client.mark_thread_read(thread.id, self._app.log_view.timeline.last_seq)

    def _added_mentions(self, room: Room) -> list[int]:
        """Return the messages in view that an edit made mention the person, after they had read them."""
        in_view = self._app.log_view.seqs_in_view
        return [seq for seq in room.mention_seqs if seq <= room.last_read_seq and seq in in_view][:MAX_MENTIONS]
