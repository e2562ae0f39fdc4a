"""The conversation: messages with day lines, notices, and the messages that haven't been sent yet."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message as Signal
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chatsite_client import Message, Page
from chatsite_client.outbox import Post
from chatsite_client.state import SiteState
from chatsite_terminal.i18n import gettext as _
from chatsite_terminal.lines import room_event_text
from chatsite_terminal.rendering import day_content, is_continuation, local_day, message_content, waiting_content

MOST = 600  # messages on the screen
KEPT = 400  # when there are more


class MessageLog(OptionList):
    """A list in which one message can be highlighted, to reply to it, react to it and so on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "act('reply')", _("Reply")),
        Binding("plus", "act('react')", _("React"), key_display="+"),
        Binding("e", "act('edit')", _("Edit")),
        Binding("d", "act('delete')", _("Delete")),
        Binding("s", "act('save')", _("Save file")),
        Binding("y", "act('copy')", _("Copy")),
    ]

    class OlderWanted(Signal):
        """The person has scrolled to the top."""

    class Acted(Signal):
        """The person wants to do something with a message. `action` is that of the binding, or `open`."""

        def __init__(self, action: str, message: Message) -> None:
            super().__init__()
            self.action = action
            self.message = message

    def __init__(self, state: SiteState) -> None:
        super().__init__(id="log")
        self._state = state
        self.messages: dict[int, Message] = {}
        self._notices: dict[int, list[str]] = {}  # by the number of the message before
        self._waiting: list[Post] = []
        self._opened: set[int] = set()
        self.has_older = False
        self.has_page = self.has_newer = False
        self._is_rebuilding = False

    # -- content ----------------------------------------------------------------------------------------

    def show_page(self, page: Page, waiting: Iterable[Post] = (), around: int | None = None) -> None:
        """Replace everything by a page of a room, and go to its end or to the message with the number `around`."""
        self.messages, self._notices, self._opened = {}, {}, set()
        self._waiting = list(waiting) if not page.has_newer else []
        self.has_page, self.has_newer = True, page.has_newer
        self._take(page)
        self._rebuild()
        if around in self.messages:
            self.focus()
            self.call_after_refresh(self._highlight, around)
        else:
            self.go_to_end()

    def show_older(self, page: Page) -> None:
        """Add a page at the top, and keep what is in view in its place."""
        height, top = self.virtual_size.height, self.scroll_offset.y

        def restore() -> None:
            self.scroll_to(y=self.virtual_size.height - height + top, animate=False, immediate=True)

        self._take(page)
        self._rebuild()
        self.call_after_refresh(restore)

    def add(self, message: Message) -> None:
        """Add a new message at the end, unless earlier messages are shown."""
        if self.has_newer:
            return
        if message.seq <= max(self.messages, default=0):
            self.update_message(message)
            return
        was_at_end = self.is_at_end
        self._waiting = [post for post in self._waiting if post.client_id != message.client_id]
        self.messages[message.seq] = message
        if len(self.messages) > MOST and was_at_end:
            for seq in sorted(self.messages)[:-KEPT]:
                del self.messages[seq]
            self.has_older = True
            self._rebuild()
        else:
            self._remove_waiting()
            self.add_options(self._options_of(message, self._before(message.seq)))
            self._add_waiting()
        if was_at_end:
            self.go_to_end()

    def update_message(self, message: Message) -> None:
        """Show the new state of a message."""
        if message.seq in self.messages:
            self.messages[message.seq] = message
            self.replace_option_prompt(f"m{message.seq}", self._prompt(message, self._before(message.seq)))

    def add_notice(self, text: str) -> None:
        """Add a quiet line at the end."""
        was_at_end = self.is_at_end
        self._notices.setdefault(max(self.messages, default=0), []).append(text)
        self._remove_waiting()
        self.add_option(_quiet(text))
        self._add_waiting()
        if was_at_end:
            self.go_to_end()

    def add_waiting(self, post: Post) -> None:
        """Show a message that is being sent, and go to the end."""
        self._waiting.append(post)
        self.add_option(_waiting_option(post))
        self.go_to_end()

    def remove_waiting(self, client_id: str) -> None:
        """Remove a message that was refused."""
        self._remove_waiting()
        self._waiting = [post for post in self._waiting if post.client_id != client_id]
        self._add_waiting()

    def clear_messages(self) -> None:
        """Clear the screen. Scrolling up brings the messages back."""
        self.messages, self._notices, self.has_older, self.has_newer = {}, {}, True, False
        self._rebuild()

    @property
    def first_seq(self) -> int:
        return min(self.messages, default=0)

    @property
    def is_at_end(self) -> bool:
        return self.scroll_offset.y >= self.max_scroll_y - 1

    def go_to_end(self) -> None:
        self.call_after_refresh(lambda: self.scroll_end(animate=False, immediate=True))

    def latest_own(self) -> Message | None:
        """Return the person's latest message, for editing."""
        for seq in sorted(self.messages, reverse=True):
            message = self.messages[seq]
            if message.sender.id == self._state.me.id and not message.deleted_at:
                return message
        return None

    # -- events -----------------------------------------------------------------------------------------

    def on_focus(self) -> None:
        if self.highlighted is None:
            self.action_last()

    def on_blur(self) -> None:
        self.highlighted = None

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if new <= 0 < old and self.has_older and not self._is_rebuilding:
            self.post_message(self.OlderWanted())

    def action_cursor_up(self) -> None:
        """Move up, but not from the first message to the last."""
        if self.highlighted is not None and not any(not each.disabled for each in self.options[: self.highlighted]):
            self.scroll_home(animate=False)
            if self.has_older:
                self.post_message(self.OlderWanted())
            return
        super().action_cursor_up()

    def action_select(self) -> None:
        """Show all of a long message, its spoilers, and its file."""
        if (message := self._highlighted_message()) is not None:
            self._opened ^= {message.seq}
            self.update_message(message)
            self.post_message(self.Acted("open", message))

    def action_act(self, action: str) -> None:
        if (message := self._highlighted_message()) is not None:
            self.post_message(self.Acted(action, message))

    # -- inside -----------------------------------------------------------------------------------------

    def _highlighted_message(self) -> Message | None:
        option_id = self.highlighted_option and self.highlighted_option.id
        return self.messages.get(int(option_id[1:])) if option_id else None

    def _take(self, page: Page) -> None:
        self.messages |= {message.seq: message for message in page.messages}
        self.messages = dict(sorted(self.messages.items()))
        self.has_older = page.has_older
        for event in page.events:
            if text := room_event_text(event):
                self._notices.setdefault(event.after_seq, []).append(text)

    def _rebuild(self) -> None:
        self._is_rebuilding = True  # the scroll position is 0 meanwhile
        self.clear_options()
        previous = None
        options: list[Option] = []
        for message in self.messages.values():
            options += self._options_of(message, previous)
            options += [_quiet(text) for text in self._notices.get(message.seq, [])]
            previous = message
        self.add_options(options)
        self._add_waiting()
        self.call_after_refresh(setattr, self, "_is_rebuilding", False)

    def _highlight(self, seq: int) -> None:
        self.highlighted = self.get_option_index(f"m{seq}")

    def _options_of(self, message: Message, previous: Message | None) -> list[Option]:
        day = local_day(message.at)
        is_new_day = previous is None or local_day(previous.at) != day
        options = [Option(day_content(day), disabled=True)] if is_new_day else []
        return [*options, Option(self._prompt(message, previous), id=f"m{message.seq}")]

    def _prompt(self, message: Message, previous: Message | None) -> Content:
        options = {"is_continued": is_continuation(previous, message), "is_open": message.seq in self._opened}
        return message_content(self._state, message, **options)

    def _before(self, seq: int) -> Message | None:
        return self.messages.get(max((each for each in self.messages if each < seq), default=0))

    def _remove_waiting(self) -> None:
        for index in reversed(range(self.option_count)):
            if not (self.options[index].id or "").startswith("w"):
                break
            self.remove_option_at_index(index)

    def _add_waiting(self) -> None:
        self.add_options([_waiting_option(post) for post in self._waiting])


def _waiting_option(post: Post) -> Option:
    return Option(waiting_content(post.body), id=f"w{post.client_id}", disabled=True)


def _quiet(text: str) -> Option:
    return Option(Content.styled(text, "dim italic"), disabled=True)
