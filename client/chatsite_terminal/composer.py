"""The field for messages: Enter sends, Alt+Enter or Ctrl+J begins a new line, Tab completes."""

from collections.abc import Callable

from textual import events
from textual.message import Message as Signal
from textual.widgets import TextArea

from chatsite_client.state import SiteState
from chatsite_terminal.completion import Completion, complete
from chatsite_terminal.safe_text import clean_input

NEW_LINE = ("alt+enter", "shift+enter", "ctrl+j")


class Composer(TextArea):
    class Submitted(Signal):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class EditLatest(Signal):
        """Up was pressed in the empty field."""

    class Cancelled(Signal):
        """Escape was pressed."""

    class Completing(Signal):
        """The ways to complete the current word changed. `chosen` is the one that was inserted, or -1."""

        def __init__(self, completions: list[Completion], chosen: int) -> None:
            super().__init__()
            self.completions = completions
            self.chosen = chosen

    def __init__(self, state: SiteState) -> None:
        super().__init__(id="composer", soft_wrap=True, compact=True, highlight_cursor_line=False)
        self._state = state
        self._completions: list[Completion] = []
        self._chosen = -1

    def put(self, text: str) -> None:
        """Replace the text, go to its end, and take the focus."""
        self.replace_text(text)
        self.focus()

    def replace_text(self, text: str) -> None:
        """Replace the text, which may come from the server, and go to its end."""
        text = clean_input(text)
        if text != self.text:
            self.text = text
            self.move_cursor(self.document.end)

    def insert_above(self, text: str) -> None:
        """Insert a text at the start. The caret stays at the same word."""
        self.insert(clean_input(text), (0, 0), maintain_selection_offset=True)

    async def _on_key(self, event: events.Key) -> None:
        if (handle := self._handler_for(event.key)) is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        handle()

    def _handler_for(self, key: str) -> Callable[[], object] | None:
        if key in NEW_LINE:
            return lambda: self.insert("\n")
        if key == "tab" and self._completions:
            return self._complete_next
        if key == "up" and not self.text:
            return lambda: self.post_message(self.EditLatest())
        return {"enter": self._submit, "escape": lambda: self.post_message(self.Cancelled())}.get(key)

    def on_text_area_changed(self) -> None:
        if self._chosen < 0:
            self._update_completions()

    def on_text_area_selection_changed(self) -> None:
        if self._chosen >= 0 and not self._is_completing():
            self._update_completions()

    def _submit(self) -> None:
        text = self.text
        if text.strip():
            self.text = ""
            self.post_message(self.Submitted(text.rstrip()))

    def _update_completions(self) -> None:
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        self._completions = complete(self._state, before) if row == 0 or not before.startswith("/") else []
        self._chosen = -1
        self.post_message(self.Completing(self._completions, -1))

    def _complete_next(self) -> None:
        """Insert the next completion in place of the word, or of the one inserted before."""
        self._chosen = (self._chosen + 1) % len(self._completions)
        completion = self._completions[self._chosen]
        row, column = self.cursor_location
        self.replace(completion.text, (row, completion.start), (row, column))
        self.move_cursor((row, completion.start + len(completion.text)))
        self.post_message(self.Completing(self._completions, self._chosen))

    def _is_completing(self) -> bool:
        """Return whether the caret is still behind the inserted completion."""
        completion = self._completions[self._chosen]
        row, column = self.cursor_location
        return self.document.get_line(row)[completion.start : column] == completion.text
