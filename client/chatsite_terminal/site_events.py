"""Shows what happens on the site."""

from typing import TYPE_CHECKING

from chatsite_client import Message, Room, events
from chatsite_terminal.lines import answer_text, notice_text

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp


class SiteEvents:
    def __init__(self, app: "ChatApp", wanted_room: str | None) -> None:
        self._app = app
        self._state = app.client.state
        self._wanted_room = wanted_room

    def handle(self, event: events.Event) -> None:
        match event:
            case events.MessagePosted():
                self._receive(event.message)
            case events.MessageChanged():
                self._change(event.message)
            case events.Connected():
                self._connected(event)
            case events.PostFailed():
                self._report_failure(event)
            case events.ConnectionLost() | events.ServerClosing():
                self._app.hints.show_problem(notice_text(event))
            case events.PersonHidden() | events.PersonShown():
                self._app.navigation.reload()
            case events.DraftChanged():
                self._app.writing.learn(event.draft)
            case events.MessageSaved() | events.MessageUnsaved():
                self._app.log_view.mark_saved(event.message, is_saved=isinstance(event, events.MessageSaved))
            case events.ThreadFollowed() | events.ThreadUnfollowed() | events.ThreadRead():
                self._app.log_view.refresh_message(event.thread)
                self._app.navigation.show_thread_title()
            case _:
                self._handle_room_event(event)
        self._app.sidebar.refresh_soon(self._app.session.room_id)

    def _handle_room_event(self, event: events.Event) -> None:
        """Handle an event of a room, of which most only matter in the room that is shown."""
        is_here = getattr(event, "room", None) == self._app.session.room_id
        match event:
            case events.RoomReset() if is_here:
                self._app.navigation.reload()
            case events.RoomLeft() if is_here:
                self._app.navigation.close()
            case events.RoomUnread() if is_here:
                self._app.navigation.reading.pause(event.seq)
            case events.CommandAnswered() | events.AnswersWithdrawn() if is_here:
                self._show_answer(event)
            case events.MentionAdded() if is_here:
                self._app.call_after_refresh(self._app.navigation.reading.mark_read)
            case events.Typing() if is_here:
                self._app.hints.show_typing(event)
            case events.RoomEvents():
                if is_here and (text := notice_text(event)):
                    self._app.log_view.add_notice(text)
            case _:
                if text := notice_text(event):
                    self._app.notify(text, markup=False)

    def _show_answer(self, event: events.CommandAnswered | events.AnswersWithdrawn) -> None:
        if isinstance(event, events.AnswersWithdrawn) or event.replaces:
            self._app.log_view.withdraw_answers(event.run)
        if isinstance(event, events.CommandAnswered):
            self._app.log_view.add_notice(answer_text(event), run=event.run)

    def _receive(self, message: Message) -> None:
        self._app.session.note(message)
        self._app.navigation.note(message)
        room = self._state.rooms.get(message.room)
        if self._is_shown(message):
            if message.sender.id != self._state.me.id:
                self._app.navigation.reading.note_new(message.seq)
            self._app.log_view.add(message)
            self._app.hints.clear_typing(message.sender.id)
            self._app.call_after_refresh(self._app.navigation.reading.mark_read)
        elif room is not None and self._is_for_me(message, room):
            self._app.bell()

    def _is_shown(self, message: Message) -> bool:
        """Return whether a message belongs to the room or thread that is shown."""
        thread = self._app.session.thread
        is_here = message.room == self._app.session.room_id
        return is_here and (thread is None or thread.id in (message.id, message.thread))

    def _is_for_me(self, message: Message, room: Room) -> bool:
        is_addressed = room.is_conversation or message.mentions_person(self._state.me.id)
        return is_addressed and not room.muted and message.sender.id != self._state.me.id

    def _change(self, message: Message) -> None:
        self._app.session.note(message)
        self._app.navigation.note(message)
        if self._is_shown(message):
            self._app.log_view.update_message(message)

    def _connected(self, event: events.Connected) -> None:
        self._app.hints.show_problem("")
        self._app.writing.store()
        self._app.writing.drafts.replace()
        if not event.is_first:
            self._app.log_view.add_notice(notice_text(event))
        if self._app.navigation.room is None and self._app.log_view.has_page:
            self._app.navigation.close()
        elif self._app.navigation.room is None:
            wanted, self._wanted_room = self._wanted_room, None
            self._app.navigation.open_first(wanted)

    def _report_failure(self, event: events.PostFailed) -> None:
        self._app.complain(notice_text(event))
        if event.room == self._app.session.room_id:
            self._app.log_view.remove_waiting(event.client_id)
        self._app.writing.give_back(event.room, event.body)
