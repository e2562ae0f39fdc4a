"""A list that keeps its place while lines are added above and below."""

from collections.abc import Callable, Iterable

from textual.widgets import OptionList
from textual.widgets.option_list import Option


class AnchoredList(OptionList):
    """Lines whose ids begin with `m` can be the ones that stay in their place."""

    is_rebuilding = False  # the scroll position is 0 meanwhile
    _ends_wanted = 0  # how often the list will go to its end after it has been drawn

    @property
    def is_at_end(self) -> bool:
        """Whether the end is in view, or will be: lines may have been added that aren't drawn yet."""
        return self._ends_wanted > 0 or self.scroll_offset.y >= self.max_scroll_y - 1

    def go_to_end(self) -> None:
        self._ends_wanted += 1
        self.call_after_refresh(self._go_to_end)

    def go_to_line(self, option_id: str, distance: int = 0) -> None:
        """Scroll so that a line is this far from the top."""
        y = self._index_to_line[self.get_option_index(option_id)] - distance
        self.scroll_to(y=y, animate=False, immediate=True)

    def rebuild(self, options: Iterable[Option]) -> None:
        """Replace all lines."""
        self.is_rebuilding = True
        self.clear_options()
        self.add_options(options)
        self.call_after_refresh(setattr, self, "is_rebuilding", False)

    def rebuild_in_place(self, build: Callable[[], Iterable[Option]]) -> None:
        """Replace all lines, and keep the first one in view where it is, if it is still there."""
        anchor, distance = self._first_in_view()

        def restore() -> None:
            if anchor in {option.id for option in self.options}:
                self.go_to_line(anchor, distance)

        self.rebuild(build())
        self.call_after_refresh(restore)

    def _go_to_end(self) -> None:
        self._ends_wanted -= 1
        self.scroll_end(animate=False, immediate=True)

    @property
    def ids_in_view(self) -> set[str]:
        top = self.scroll_offset.y
        lines = self._lines[top : top + self.scrollable_content_region.height]
        return {self.options[index].id or "" for index, _line in lines}

    def _first_in_view(self) -> tuple[str, int]:
        """Return the id of the first line that begins in view, and its distance from the top."""
        top = self.scroll_offset.y
        for index, option in enumerate(self.options):
            y = self._index_to_line[index]
            if y >= top and option.id and option.id.startswith("m"):
                return option.id, y - top
        return "", 0
