"""Dialogs over the conversation: texts, search, and short questions."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatsite_client import ChatsiteError, Message
from chatsite_client.i18n import gettext as _
from chatsite_client.models import Found
from chatsite_client.state import SiteState
from chatsite_terminal.lines import message_line
from chatsite_terminal.safe_text import clean_line

CLOSE: BindingType = Binding("escape", "dismiss", _("Close"))


class TextScreen(ModalScreen[None]):
    """A text to read."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE, Binding("q", "dismiss", show=False)]

    def __init__(self, title: str, lines: list[str]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            with VerticalScroll():
                yield Static(Content("\n".join(self._lines)))
            yield Static(Content(_("Esc closes")), classes="hint")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class QuestionScreen(ModalScreen[str | None]):
    """A question with a short answer, or None if the person cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE]

    def __init__(self, question: str, answer: str = "") -> None:
        super().__init__()
        self._question = question
        self._answer = answer

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog small"):
            yield Static(Content(self._question), classes="title")
            yield Input(self._answer)
            yield Static(Content(_("Enter confirms, Esc cancels")), classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class ChoiceScreen(ModalScreen[str | None]):
    """A list to choose from: {id: label}. The list gets shorter as the person types."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE, Binding("down", "focus_list", show=False)]

    def __init__(self, title: str, choices: dict[str, str]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            yield Input(placeholder=_("Type a part of the name"))
            yield OptionList()
            yield Static(Content(_("Enter chooses, Esc closes")), classes="hint")

    def on_mount(self) -> None:
        self._show("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_input_submitted(self) -> None:
        if (option := self.query_one(OptionList).highlighted_option) is not None:
            self.dismiss(option.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_focus_list(self) -> None:
        self.query_one(OptionList).focus()

    def _show(self, typed: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        found = {key: label for key, label in self._choices.items() if typed.casefold() in label.casefold()}
        options.add_options([Option(Content(label), id=key) for key, label in found.items()])
        if found:
            options.highlighted = 0


class SearchScreen(ModalScreen[Message | None]):
    """Searches all messages. The result is the message to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE, Binding("down", "focus_list", show=False)]

    def __init__(self, state: SiteState, search: Callable[[str], Awaitable[Found]], query: str = "") -> None:
        super().__init__()
        self._state = state
        self._search = search
        self._query = query
        self._found: dict[str, Message] = {}

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(_("Search")), classes="title")
            yield Input(self._query, placeholder=_("Words, from:name, in:room, has:file, before:2026-11-30"))
            yield OptionList()
            yield Static(Content(_("Enter searches and goes to a message, Esc closes")), classes="hint")

    def on_mount(self) -> None:
        if self._query:
            self._start(self._query)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._start(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found.get(event.option.id or ""))

    def action_focus_list(self) -> None:
        self.query_one(OptionList).focus()

    @work(exclusive=True)
    async def _start(self, query: str) -> None:
        options = self.query_one(OptionList)
        try:
            found = await self._search(query)
        except ChatsiteError as error:
            self.notify(clean_line(str(error)), severity="error", markup=False)
            return
        self._found = {str(message.id): message for message in found.messages}
        options.clear_options()
        for key, message in self._found.items():
            options.add_option(Option(Content(message_line(self._state, message)), id=key))
        if not self._found:
            options.add_option(Option(Content.styled(_("No messages found."), "dim"), disabled=True))
        else:
            options.focus()
            options.highlighted = 0
