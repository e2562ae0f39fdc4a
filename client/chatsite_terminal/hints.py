"""The line above the field: problems, what Enter will do, completions, and who is typing."""

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from chatsite_client.events import Typing
from chatsite_client.i18n import gettext as _
from chatsite_client.i18n import ngettext
from chatsite_client.state import SiteState
from chatsite_terminal.completion import Completion
from chatsite_terminal.safe_text import clean_line

TYPING_SECONDS = 6.0


class Hints(Static):
    """Shows the most important of its hints."""

    def __init__(self, state: SiteState) -> None:
        super().__init__("", id="hint")
        self._state = state
        self._problem = ""
        self._mode = ""
        self._place = ""
        self._completions: Content | str = ""
        self._typing: dict[int, tuple[str, Timer]] = {}

    def show_problem(self, text: str) -> None:
        """Show a problem with the connection, or "" when it is over."""
        self._problem = text
        self._update()

    def show_mode(self, text: str) -> None:
        """Show what the field is for, such as a reply, or "" if it is for a new message."""
        self._mode = text
        self._update()

    def show_place(self, text: str) -> None:
        """Show how to leave earlier messages, or "" if the latest are shown."""
        self._place = text
        self._update()

    def show_completions(self, completions: list[Completion], chosen: int) -> None:
        words = [
            Content.styled(f"{each.text.strip()} {each.label}", "bold reverse" if index == chosen else "")
            for index, each in enumerate(completions)
        ]
        self._completions = Content.assemble(_("Tab: "), Content("  ").join(words)) if words else ""
        self._update()

    def show_typing(self, event: Typing) -> None:
        person = event.person or self._state.people.get(event.user)
        if person is None or event.user == self._state.me.id:
            return
        self.clear_typing(event.user)
        timer = self.set_timer(TYPING_SECONDS, lambda: self.clear_typing(event.user))
        self._typing[event.user] = (clean_line(person.name), timer)
        self._update()

    def clear_typing(self, user: int) -> None:
        if user in self._typing:
            self._typing.pop(user)[1].stop()
            self._update()

    def clear(self) -> None:
        """Forget who is typing, because another room is shown."""
        for user in list(self._typing):
            self.clear_typing(user)

    def _update(self) -> None:
        self.set_class(bool(self._problem), "problem")
        names = [name for name, _timer in self._typing.values()]
        typing = ngettext("{names} is typing …", "{names} are typing …", len(names)).format(names=", ".join(names[:3]))
        texts = [self._problem, self._mode, self._completions, typing if names else "", self._place]
        self.update(next((text if isinstance(text, Content) else Content(text) for text in texts if text), Content()))
