"""The list of messages, in which one can be chosen, to reply to it, react to it and so on."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message as Signal
from textual.widgets.option_list import Option

from chatsite_client import Message, Page
from chatsite_client.i18n import gettext as _
from chatsite_client.outbox import Post
from chatsite_client.state import SiteState
from chatsite_terminal.anchored_list import AnchoredList
from chatsite_terminal.timeline import MAX_MESSAGES, Timeline, quiet_option, waiting_option


class MessageLog(AnchoredList):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "act('reply')", _("Reply")),
        Binding("plus", "act('react')", _("React"), key_display="+"),
        Binding("e", "act('edit')", _("Edit")),
        Binding("d", "act('delete')", _("Delete")),
        Binding("t", "act('thread')", _("Thread")),
        Binding("s", "act('save')", _("Save file"), show=False),
        Binding("y", "act('copy')", _("Copy"), show=False),
        Binding("p", "act('pin')", _("Pin"), show=False),
        Binding("l", "act('later')", _("Save for later"), show=False),
        Binding("u", "act('unread')", _("Mark as unread"), show=False),
    ]

    class OlderWanted(Signal):
        """The person has scrolled to the top."""

    class Scrolled(Signal):
        """Other messages are in view."""

    class NewerWanted(Signal):
        """The person has scrolled to the end of earlier messages."""

    class Acted(Signal):
        """The person wants to do something with a message. `action` is that of the binding, or `open`."""

        def __init__(self, action: str, message: Message) -> None:
            super().__init__()
            self.action = action
            self.message = message

    def __init__(self, state: SiteState) -> None:
        super().__init__(id="log")
        self._state = state
        self.timeline = Timeline(state)
        self.has_page = False

    # -- content ----------------------------------------------------------------------------------------

    def show_page(
        self,
        page: Page,
        waiting: Iterable[Post] = (),
        *,
        around: int | None = None,
        first_new: int | None = None,
        at_end: bool = False,
    ) -> None:
        """Replace everything by a page, and go to the message `around`, the divider above `first_new`, or the end."""
        self.timeline = Timeline(self._state)
        self.timeline.take(page)
        self.timeline.has_older, self.timeline.has_newer = page.has_older, page.has_newer
        self.timeline.waiting = list(waiting) if not page.has_newer else []
        self.timeline.first_new = next((seq for seq in self.messages if first_new and seq >= first_new), None)
        self.has_page = True
        self.rebuild(self._all_options())
        if around in self.messages:
            self.focus()
            self.call_after_refresh(self._highlight, around)
        elif self.timeline.first_new is not None and not at_end:
            self.call_after_refresh(self.go_to_line, "new")
        else:
            self.go_to_end()

    def show_older(self, page: Page) -> None:
        """Add a page at the top, and keep what is in view in its place."""
        self._change(lambda: self.timeline.add_older(page))

    def show_newer(self, page: Page) -> None:
        """Add a page at the end of earlier messages."""
        self._change(lambda: self.timeline.add_newer(page))

    def add(self, message: Message) -> None:
        """Add a new message at the end, unless earlier messages are shown."""
        if self.has_newer:
            return
        if message.seq <= self.timeline.last_seq:
            self.update_message(message)
            return
        was_at_end, previous = self.is_at_end, self.timeline.before(message.seq)
        if len(self.messages) > MAX_MESSAGES and not was_at_end:
            self.timeline.has_newer = True  # it is loaded when the person goes there
            return
        self.timeline.add(message)
        if len(self.messages) > MAX_MESSAGES:
            self.timeline.trim_oldest()
            self.rebuild(self._all_options())
        else:
            self._remove_waiting()
            self.add_options(self.timeline.options_of(message, previous))
            self.add_options(self._waiting_options())
        if message.thread is not None:
            self.refresh_message(message.thread)
        if was_at_end:
            self.go_to_end()

    def update_message(self, message: Message) -> None:
        """Show the new state of a message."""
        if message.seq in self.messages:
            self.messages[message.seq] = message
            content = self.timeline.content_of(message, self.timeline.before(message.seq))
            self.replace_option_prompt(f"m{message.seq}", content)

    def refresh_message(self, message_id: int) -> None:
        """Show a message again, because something around it has changed."""
        if (message := self.timeline.find(message_id)) is not None:
            self.update_message(message)

    def mark_saved(self, message_id: int, *, is_saved: bool) -> None:
        """Show whether a message was saved for later."""
        (self.timeline.saved.add if is_saved else self.timeline.saved.discard)(message_id)
        self.refresh_message(message_id)

    def divide(self, seq: int | None) -> None:
        """Show the divider for new messages above this one, or nowhere."""
        if seq != self.timeline.first_new:
            self._change(lambda: setattr(self.timeline, "first_new", seq))

    def add_notice(self, text: str, *, run: str = "") -> None:
        """Add a quiet line at the end. `run`: of the slash command that it answers."""
        was_at_end = self.is_at_end
        self.timeline.add_notice(text, run=run)
        self._remove_waiting()
        self.add_option(quiet_option(text))
        self.add_options(self._waiting_options())
        if was_at_end:
            self.go_to_end()

    def withdraw_answers(self, run: str) -> None:
        """Remove the lines that answer a run of a slash command."""
        self._change(lambda: self.timeline.withdraw_answers(run))

    def add_waiting(self, post: Post) -> None:
        """Show a message that is being sent, and go to the end."""
        self.timeline.waiting.append(post)
        self.add_option(waiting_option(post))
        self.go_to_end()

    def remove_waiting(self, client_id: str) -> None:
        """Remove a message that was refused."""
        self._remove_waiting()
        self.timeline.waiting = [post for post in self.timeline.waiting if post.client_id != client_id]
        self.add_options(self._waiting_options())

    def clear_messages(self) -> None:
        """Clear the screen. Scrolling up brings the messages back."""
        self.timeline = Timeline(self._state)
        self.timeline.has_older = True
        self.rebuild(self._all_options())

    @property
    def messages(self) -> dict[int, Message]:
        return self.timeline.messages

    @property
    def has_newer(self) -> bool:
        return self.timeline.has_newer

    @property
    def seqs_in_view(self) -> set[int]:
        """The numbers of the messages of which at least a line is in view."""
        return {int(each[1:]) for each in self.ids_in_view if each.startswith("m")}

    # -- events -----------------------------------------------------------------------------------------

    def on_focus(self) -> None:
        if self.highlighted is None:
            self.action_last()

    def on_blur(self) -> None:
        self.highlighted = None

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if self.is_rebuilding:
            return
        self.post_message(self.Scrolled())
        if new <= 0 < old and self.timeline.has_older:
            self.post_message(self.OlderWanted())
        if new > old and self.has_newer and self.is_at_end:
            self.post_message(self.NewerWanted())

    def action_cursor_up(self) -> None:
        """Move up, but not from the first message to the last."""
        if self.highlighted is not None and not any(not each.disabled for each in self.options[: self.highlighted]):
            self.scroll_home(animate=False)
            if self.timeline.has_older:
                self.post_message(self.OlderWanted())
            return
        super().action_cursor_up()

    def action_select(self) -> None:
        """Show all of a long message, its spoilers, and its file."""
        if (message := self._highlighted_message()) is not None:
            self.timeline.opened ^= {message.seq}
            self.update_message(message)
            self.post_message(self.Acted("open", message))

    def action_act(self, action: str) -> None:
        if (message := self._highlighted_message()) is not None:
            self.post_message(self.Acted(action, message))

    # -- inside -----------------------------------------------------------------------------------------

    def _highlighted_message(self) -> Message | None:
        option_id = self.highlighted_option and self.highlighted_option.id
        return self.messages.get(int(option_id[1:])) if option_id else None

    def _change(self, change: Callable[[], None]) -> None:
        """Change the timeline, and keep what is in view in its place."""

        def build() -> Iterable[Option]:
            change()
            return self._all_options()

        self.rebuild_in_place(build)

    def _all_options(self) -> Iterable[Option]:
        return [*self.timeline.options(), *self._waiting_options()]

    def _waiting_options(self) -> Iterable[Option]:
        return [] if self.has_newer else map(waiting_option, self.timeline.waiting)

    def _highlight(self, seq: int) -> None:
        self.highlighted = self.get_option_index(f"m{seq}")

    def _remove_waiting(self) -> None:
        for index in reversed(range(self.option_count)):
            if not (self.options[index].id or "").startswith("w"):
                break
            self.remove_option_at_index(index)
