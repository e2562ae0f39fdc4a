"""The full-screen interface: rooms at the left, the conversation, and the field for messages."""

import argparse
import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Event, Paste, Resize
from textual.widgets import Footer, OptionList, Static, TextArea
from textual.worker import Worker

from chatsite_client import ChatsiteError, Client, LoginRefused, Message
from chatsite_client.i18n import gettext as _
from chatsite_terminal.composer import Composer
from chatsite_terminal.hints import Hints
from chatsite_terminal.lines import error_text
from chatsite_terminal.message_actions import MessageActions
from chatsite_terminal.message_log import MessageLog
from chatsite_terminal.navigation import Navigation
from chatsite_terminal.safe_text import clean_input, clean_line, shorten
from chatsite_terminal.session import Session
from chatsite_terminal.sidebar import Sidebar
from chatsite_terminal.site_events import SiteEvents
from chatsite_terminal.submission import Submission
from chatsite_terminal.writing import Writing

OK, ENDED = 0, 128
NARROW = 70  # columns
TYPING_INTERVAL = 3.0
MAX_ERROR = 300  # characters


class ChatApp(App[int]):
    TITLE = "Chatsite"
    CSS_PATH = "terminal.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", _("Help")),
        Binding("ctrl+k", "choose_room", _("Rooms"), priority=True),
        Binding("ctrl+n", "open_unread", _("Next unread"), priority=True),
        Binding("ctrl+f", "search", _("Search"), priority=True),
        Binding("f2", "toggle_theme", _("Theme")),
        Binding("ctrl+q", "quit", _("Quit"), priority=True),
        Binding("f6", "app.focus_next", show=False),
        Binding("alt+down", "step_room(1)", show=False, priority=True),
        Binding("alt+up", "step_room(-1)", show=False, priority=True),
        Binding("pageup", "scroll_log(-1)", show=False),
        Binding("pagedown", "scroll_log(1)", show=False),
    ]

    def __init__(self, client: Client, options: argparse.Namespace) -> None:
        super().__init__()
        self.theme = "textual-light" if options.theme == "light" else "textual-dark"
        self.client = client
        self.session = Session(client)
        self.refusal: LoginRefused | None = None  # why the app has ended
        self._events = client.events()
        self._typed_at = 0.0
        self.log_view = MessageLog(client.state)
        self.sidebar = Sidebar(client.state)
        self.composer = Composer(client.state)
        self.room_title = Static(Content(_("Connecting …")), id="room-title")
        self.hints = Hints(client.state)
        self.actions = MessageActions(self)
        self.writing = Writing(self)
        self.submission = Submission(self)
        self.navigation = Navigation(self)
        self.site_events = SiteEvents(self, options.room)

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield self.sidebar
            with Vertical(id="main"):
                yield self.room_title
                yield self.log_view
                yield self.hints
                yield self.composer
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.composer.focus()
        self._follow()

    def on_resize(self, event: Resize) -> None:
        self.screen.set_class(event.size.width < NARROW, "narrow")

    async def on_event(self, event: Event) -> None:
        """Make what is pasted as safe as other people's texts, because it may be one."""
        if isinstance(event, Paste):
            event.text = clean_input(event.text)
        await super().on_event(event)

    def on_app_focus(self) -> None:
        self.navigation.reading.mark_read()

    def complain(self, error: Exception | str) -> None:
        """Show an error for a few seconds."""
        self.notify(shorten(clean_line(error_text(error)), MAX_ERROR), severity="error", markup=False)

    @work(group="events")
    async def _follow(self) -> None:
        connecting = asyncio.create_task(self.client.connect())
        try:
            async for event in self._events:
                self.site_events.handle(event)
        except LoginRefused as error:
            self.refusal = error
            self.exit()
        except ChatsiteError as error:
            self.complain(error)
        finally:
            connecting.cancel()
            with suppress(asyncio.CancelledError, ChatsiteError):
                await connecting

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], *, group: str) -> None:
        """Work in the background. This ends what the same group did before."""
        _worker: Worker[None] = self.run_worker(work, group=group, exclusive=True)

    @work(group="submit")
    async def submit(self, text: str) -> None:
        """Send a message, or run a command."""
        await self.submission.submit(text)

    def send(self, text: str, *, reply_to: int | None = None) -> None:
        """Put a message into the outbox. Raises UsageError without a room."""
        self.submission.send(text, reply_to=reply_to)

    @work(group="dialog")
    async def choose_message(self, name: str) -> None:
        """Let the person choose a message of a list, such as `pins`."""
        await self.navigation.choose_message(name)

    # -- widgets --------------------------------------------------------------------------------------------

    @on(Composer.Submitted)
    def _submitted(self, event: Composer.Submitted) -> None:
        self.submit(event.text)

    @on(Composer.EditLatest)
    def _edit_latest(self) -> None:
        if (message := self.log_view.timeline.latest_own()) is not None:
            self._act("edit", message)

    @on(Composer.Cancelled)
    def _cancelled(self) -> None:
        if self.writing.is_new:
            self.navigation.leave()
        self.writing.cancel()

    @on(Composer.Completing)
    def _completing(self, event: Composer.Completing) -> None:
        self.hints.show_completions(event.completions, event.chosen)

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.writing.store()
        now, text, room = asyncio.get_running_loop().time(), self.composer.text, self.navigation.room
        if room is not None and text.strip() and text[0] != "/" and now - self._typed_at > TYPING_INTERVAL:
            self._typed_at = now
            self.run_worker(self.client.typing(room.id))

    @on(MessageLog.Acted)
    def _acted(self, event: MessageLog.Acted) -> None:
        self._act(event.action, event.message)

    @work(group="dialog")
    async def _act(self, action: str, message: Message) -> None:
        await self.actions.run(action, message)

    @on(MessageLog.OlderWanted)
    def _older_wanted(self) -> None:
        self.navigation.load_older()

    @on(MessageLog.NewerWanted)
    def _newer_wanted(self) -> None:
        self.navigation.load_newer()

    @on(MessageLog.Scrolled)
    @on(OptionList.OptionHighlighted, "#log")
    def _other_messages_in_view(self) -> None:
        self.navigation.reading.mark_read()

    @on(Sidebar.Chosen)
    def _chosen(self, event: Sidebar.Chosen) -> None:
        self.composer.focus()
        if event.room is not None:
            self.navigation.open(event.room)
        else:
            self.submit(f"/join @{event.username}")

    # -- keys -----------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        self.submit("/help")

    def action_help_quit(self) -> None:
        """Ctrl+C copies what is selected; many people expect that it quits."""
        self.notify(_("Ctrl+Q quits."), markup=False)

    def action_toggle_theme(self) -> None:
        self.theme = "textual-dark" if self.theme == "textual-light" else "textual-light"

    @work(group="dialog")
    async def action_choose_room(self) -> None:
        await self.navigation.choose()

    @work(group="dialog")
    async def action_search(self, query: str = "") -> None:
        await self.navigation.search(query)

    def action_open_unread(self) -> None:
        self.navigation.open_unread()

    def action_step_room(self, step: int) -> None:
        self.navigation.step(step)

    def action_scroll_log(self, direction: int) -> None:
        scroll = self.log_view.scroll_page_down if direction > 0 else self.log_view.scroll_page_up
        scroll(animate=False)


async def run_app(client: Client, options: argparse.Namespace) -> int:
    """Run the interface until the person leaves, and return the exit status. Raises LoginRefused."""
    app = ChatApp(client, options)
    for number in (signal.SIGTERM, signal.SIGHUP):  # leave the terminal as it was
        asyncio.get_running_loop().add_signal_handler(number, app.exit, ENDED + number)
    try:
        status = await app.run_async()
    finally:
        await app.writing.drafts.flush()
        await client.close()
    if app.refusal is not None:
        raise app.refusal
    return status or OK
