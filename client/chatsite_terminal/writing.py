"""The state of the message field: whether it holds a new message, a reply or an edit, and for which room or thread."""

from typing import TYPE_CHECKING, NamedTuple

from chatsite_client import Message
from chatsite_client.i18n import gettext as _
from chatsite_client.models import Draft, Quote
from chatsite_terminal.commands import UsageError, is_command, message_text
from chatsite_terminal.drafts import Drafts, Unfinished
from chatsite_terminal.lines import LINE_BREAK, sender_text
from chatsite_terminal.safe_text import clean_input, clean_line

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp

Place = tuple[int, int | None]  # a room, and the thread that is open


class Typed(NamedTuple):
    text: str = ""
    editing: Message | None = None

    @property
    def is_draft(self) -> bool:
        return self.editing is None and not is_command(self.text)


class Writing:
    """Keeps an unfinished text for each room and thread. Drafts of rooms are also kept on the server."""

    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self.drafts = Drafts(app.client, self._show_changed)
        self._in_threads: dict[Place, Unfinished] = {}
        self._others: dict[Place, Typed] = {}  # edits and commands, which aren't drafts
        self._place: Place | None = None
        self._reply_to: Quote | None = None
        self._editing: Message | None = None
        self._covered: Unfinished | None = None  # a draft that returns when the command in the field is gone

    def enter(self, place: Place) -> None:
        """Go on with what was begun in a room or thread. The first one also gets what was typed before it opened."""
        if place == self._place:
            return
        self.store()
        typed = Typed(self._app.composer.text, self._editing)
        if self._place is not None:
            if not typed.is_draft:
                self._others[self._place] = typed
            typed = self._others.pop(place, Typed())
        self._place, self._editing, self._covered = place, typed.editing, None
        if typed.is_draft:
            self._put(self._stored.followed_by(message_text(typed.text)))
            self.store()
        else:
            self._covered, self._reply_to = None if typed.editing else self._stored, None
            self._app.composer.replace_text(typed.text)
            self._show_mode()

    def store(self) -> None:
        """Store what is in the field."""
        if self._place is None or self._editing is not None:
            return
        text = self._app.composer.text
        if self._covered is not None:
            if is_command(text):
                return
            covered, self._covered = self._covered, None
            body = covered.followed_by(message_text(text)).body
            self._put(Unfinished(body, self._reply_to or covered.reply_to))
            text = self._app.composer.text
        draft = Unfinished("" if is_command(text) else message_text(text), self._reply_to)
        if self._place[1] is None:
            self.drafts.set(self._place[0], draft)
        else:
            self._in_threads[self._place] = draft

    def learn(self, draft: Draft) -> None:
        """Take over a draft of another device."""
        self.store()
        self.drafts.learn(draft)

    def reply(self, message: Message) -> None:
        """Use the field for a reply."""
        self.cancel()
        excerpt = clean_line(message.body)[:40]
        self._reply_to = Quote(
            id=message.id, seq=message.seq, sender=message.sender, alias=message.alias, excerpt=excerpt
        )
        self._show_mode()
        self._app.composer.focus()

    def edit(self, message: Message) -> None:
        """Use the field for an edit. Raises UsageError."""
        if message.sender.id != self._app.client.state.me.id or message.deleted_at:
            raise UsageError(_("You can only edit your own messages."))
        self.cancel()
        self.store()
        self._editing, self._covered = message, None
        self._show_mode()
        self._app.composer.put(message.body)

    def cancel(self) -> None:
        """Use the field for a new message again."""
        was_editing, self._editing, self._reply_to = self._editing is not None, None, None
        if was_editing:
            self._put(Unfinished(self._stored.body))
        self._show_mode()

    def put_back(self, typed: str) -> None:
        """Put what failed into the field again. If something else was begun there, show it above."""
        if not self._app.composer.text:
            self._app.composer.put(typed)
        else:
            self._app.log_view.add_notice(_("Not sent: {text}").format(text=clean_line(typed, LINE_BREAK)))

    def give_back(self, room: int, body: str) -> None:
        """Give a message back that was refused: in the field, or in the draft of another room."""
        if not body:
            return
        if self._place is not None and self._place[0] == room:
            self.put_back(_as_typed(body))
        else:
            begun = self.drafts.get(room)
            self.drafts.set(room, Unfinished(body, begun.reply_to).followed_by(begun.body))

    @property
    def is_new(self) -> bool:
        """Whether the field is for a new message."""
        return self._editing is None and self._reply_to is None

    async def submit(self, text: str) -> bool:
        """Send the reply or the edit that the field is for. Return false if it is for a new message."""
        reply_to, editing = self._reply_to, self._editing
        if editing is not None:
            if text != clean_input(editing.body).rstrip():
                await self._app.client.edit(editing, text)
            self.cancel()
        elif reply_to is not None and not is_command(text):
            self._app.send(text, reply_to=reply_to.id)
            self.cancel()
            self.store()
        else:
            return False
        return True

    @property
    def _stored(self) -> Unfinished:
        if self._place is None:
            return Unfinished()
        room, thread = self._place
        return self.drafts.get(room) if thread is None else self._in_threads.get(self._place, Unfinished())

    def _put(self, draft: Unfinished) -> None:
        self._reply_to = draft.reply_to
        self._app.composer.replace_text(_as_typed(draft.body))
        self._show_mode()

    def _show_mode(self) -> None:
        if self._editing is not None:
            self._app.hints.show_mode(_("Edit your message  (Esc cancels)"))
        elif self._reply_to is not None:
            excerpt = clean_line(self._reply_to.excerpt)[:40]
            text = _("Reply to {name}: {excerpt}  (Esc cancels)")
            self._app.hints.show_mode(text.format(name=sender_text(self._reply_to), excerpt=excerpt))
        else:
            self._app.hints.show_mode("")

    def _show_changed(self, room: int, before: Unfinished, draft: Unfinished) -> None:
        """Show what another device has changed, unless the field is for something else."""
        if self._place != (room, None) or self._editing is not None:
            return
        if is_command(self._app.composer.text):
            self._covered = draft
        elif before.body and draft.body.endswith(f"\n{before.body}"):
            self._app.composer.insert_above(draft.body.removesuffix(before.body))
        else:
            self._put(draft)


def _as_typed(body: str) -> str:
    """Return what a person types for this message."""
    return f"/{body}" if body.startswith("/") else body
