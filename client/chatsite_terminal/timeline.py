"""The part of a conversation that is loaded, and the lines of the log that it consists of."""

from collections.abc import Iterable
from typing import NamedTuple

from textual.content import Content
from textual.widgets.option_list import Option

from chatsite_client import Message, Page
from chatsite_client.i18n import gettext as _
from chatsite_client.models import ThreadSummary
from chatsite_client.outbox import Post
from chatsite_client.state import SiteState
from chatsite_terminal.lines import room_event_text
from chatsite_terminal.rendering import day_content, is_continuation, local_day, message_content, waiting_content

MAX_MESSAGES = 600  # on the screen
KEPT_MESSAGES = 400  # when there are more
MAX_NOTICES = 200


class Notice(NamedTuple):
    """A quiet line. `run`: of the slash command that it answers, or ""."""

    text: str
    run: str = ""


class Timeline:
    """Messages by their numbers, with the notices and the divider between them, and those that weren't sent yet."""

    def __init__(self, state: SiteState) -> None:
        self._state = state
        self.messages: dict[int, Message] = {}
        self.waiting: list[Post] = []
        self.opened: set[int] = set()  # the messages of which all is shown
        self.saved: set[int] = set()  # the ids of those that were saved for later
        self.first_new: int | None = None  # the number of the message below the divider
        self.has_older = self.has_newer = False
        self._notices: dict[int, list[Notice]] = {}  # by the number of the message before
        self._threads: dict[int, ThreadSummary] = {}

    def take(self, page: Page) -> None:
        """Add a page."""
        self.messages |= {message.seq: message for message in page.messages}
        self.messages = dict(sorted(self.messages.items()))
        self.saved.update(page.saved)
        self._threads |= {summary.message: summary for summary in page.threads}
        for event in page.events:
            if text := room_event_text(event):
                self._notices.setdefault(event.after_seq, []).append(Notice(text))

    def add(self, message: Message) -> None:
        """Add a new message at the end."""
        self.waiting = [post for post in self.waiting if post.client_id != message.client_id]
        self.messages[message.seq] = message
        if message.thread is not None:
            summary = self._threads.setdefault(message.thread, ThreadSummary(message=message.thread))
            if message.seq > summary.last_seq:
                summary.replies, summary.last_seq = summary.replies + 1, message.seq

    def add_notice(self, text: str, *, run: str = "") -> None:
        """Add a line at the end. Of too many, only the last ones are kept."""
        notices = self._notices.setdefault(self.last_seq, [])
        notices.append(Notice(text, run))
        del notices[:-MAX_NOTICES]

    def withdraw_answers(self, run: str) -> None:
        """Remove the lines that answer a run of a slash command."""
        for notices in self._notices.values():
            notices[:] = [notice for notice in notices if notice.run != run]

    def add_older(self, page: Page) -> None:
        """Add a page at the top. Of too many messages, the newest are forgotten."""
        self.take(page)
        self.has_older = page.has_older
        if len(self.messages) > MAX_MESSAGES:
            self._forget(list(self.messages)[MAX_MESSAGES:])
            self.has_newer = True

    def add_newer(self, page: Page) -> None:
        """Add a page at the end. Of too many messages, the oldest are forgotten."""
        self.take(page)
        self.has_newer = page.has_newer
        if len(self.messages) > MAX_MESSAGES:
            self.trim_oldest()

    def trim_oldest(self) -> None:
        """Forget the oldest messages."""
        self._forget(list(self.messages)[:-KEPT_MESSAGES])
        self.has_older = True

    @property
    def first_seq(self) -> int:
        return next(iter(self.messages), 0)

    @property
    def last_seq(self) -> int:
        return next(reversed(self.messages), 0)

    def find(self, message_id: int) -> Message | None:
        return next((message for message in self.messages.values() if message.id == message_id), None)

    def latest_own(self) -> Message | None:
        """Return the person's latest message that isn't deleted."""
        own = (each for each in reversed(self.messages.values()) if each.sender.id == self._state.me.id)
        return next((message for message in own if not message.deleted_at), None)

    def _forget(self, seqs: list[int]) -> None:
        for seq in seqs:
            self._notices.pop(seq, None)
            self.opened.discard(seq)
            del self.messages[seq]

    # -- lines ------------------------------------------------------------------------------------------------

    def options(self) -> Iterable[Option]:
        """Yield all lines but those of waiting messages."""
        yield from self._notices_after(0)
        previous = None
        for message in self.messages.values():
            yield from self.options_of(message, previous)
            yield from self._notices_after(message.seq)
            previous = message

    def _notices_after(self, seq: int) -> Iterable[Option]:
        return (quiet_option(notice.text) for notice in self._notices.get(seq, []))

    def options_of(self, message: Message, previous: Message | None) -> Iterable[Option]:
        """Yield a message with the lines above it."""
        day = local_day(message.at)
        if previous is None or local_day(previous.at) != day:
            yield Option(day_content(day), disabled=True)
        if message.seq == self.first_new:
            yield Option(divider_content(), id="new", disabled=True)
        yield Option(self.content_of(message, previous), id=f"m{message.seq}")

    def content_of(self, message: Message, previous: Message | None) -> Content:
        is_new = message.seq == self.first_new
        summary = self._threads.get(message.id)
        return message_content(
            self._state,
            message,
            is_continued=not is_new and is_continuation(previous, message),
            is_open=message.seq in self.opened,
            is_saved=message.id in self.saved,
            replies=summary.replies if summary else 0,
        )

    def before(self, seq: int) -> Message | None:
        """Return the message before this number."""
        if seq > self.last_seq:
            return self.messages.get(self.last_seq)
        return self.messages.get(max((each for each in self.messages if each < seq), default=0))


def divider_content() -> Content:
    text = _("New messages")
    return Content.styled(f"── {text} ──", "bold $text-warning")


def waiting_option(post: Post) -> Option:
    return Option(waiting_content(post.body), id=f"w{post.client_id}", disabled=True)


def quiet_option(text: str) -> Option:
    return Option(Content.styled(text, "dim italic"), disabled=True)
