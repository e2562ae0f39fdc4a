"""The rooms and conversations, with what is unread, and the people who are online."""

from textual.content import Content
from textual.message import Message as Signal
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chatsite_client import Room
from chatsite_client.i18n import gettext as _
from chatsite_client.state import SiteState
from chatsite_terminal.rendering import room_content
from chatsite_terminal.safe_text import clean_line

MOST_PEOPLE = 50


class Sidebar(OptionList):
    class Chosen(Signal):
        """The person has chosen a room, or someone to write to."""

        def __init__(self, room: int | None, username: str = "") -> None:
            super().__init__()
            self.room = room
            self.username = username

    def __init__(self, state: SiteState) -> None:
        super().__init__(id="sidebar")
        self._state = state
        self._current: int | None = None
        self._seen: int | None = None  # the current room when it was last brought into view
        self._is_stale = False

    def refresh_soon(self, current: int | None) -> None:
        """Draw the list again, once for all changes that arrive together."""
        self._current = current
        if not self._is_stale:
            self._is_stale = True
            self.call_later(self._redraw)

    def rooms(self) -> list[Room]:
        """Return the rooms in their order: favorites, rooms, then conversations with the latest first."""
        shown = [room for room in self._state.rooms.values() if not room.is_closed]
        rooms = sorted((each for each in shown if not each.is_conversation), key=lambda each: each.title.casefold())
        rooms.sort(key=lambda each: not each.is_favorite)
        latest = sorted((each for each in shown if each.is_conversation), key=_last_at, reverse=True)
        return rooms + latest

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        option = event.option.id or ""
        if option.startswith("r"):
            self.post_message(self.Chosen(int(option[1:])))
        elif option.startswith("p"):
            self.post_message(self.Chosen(None, self._state.people[int(option[1:])].username))

    def on_resize(self) -> None:
        self.refresh_soon(self._current)

    def _redraw(self) -> None:
        self._is_stale = False
        chosen, offset = self.highlighted_option, self.scroll_offset
        self.clear_options()
        rooms = self.rooms()
        self._add_section(_("Rooms"), [self._room_option(each) for each in rooms if not each.is_conversation])
        self._add_section(_("Direct messages"), [self._room_option(each) for each in rooms if each.is_conversation])
        people = self._people_options()
        self._add_section(_("Online · {count}").format(count=len(self._state.online)), people)
        if chosen is not None and chosen.id in [each.id for each in self.options]:
            self.highlighted = self.get_option_index(chosen.id)  # type: ignore[arg-type]
        self.scroll_to(y=offset.y, animate=False, immediate=True)
        if self._seen != self._current:
            self.call_after_refresh(self._show_current)

    def _show_current(self) -> None:
        """Bring the room that was opened into view, however long the list is."""
        self._seen, option_id = self._current, f"r{self._current}"
        if option_id not in [each.id for each in self.options]:
            return
        line, height = self._index_to_line[self.get_option_index(option_id)], self.scrollable_content_region.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height:
            self.scroll_to(y=line - height // 2, animate=False, immediate=True)

    def _add_section(self, title: str, options: list[Option]) -> None:
        if options:
            self.add_options([Option(Content.styled(title, "bold dim"), disabled=True), *options])

    def _room_option(self, room: Room) -> Option:
        is_online = room.peer is not None and room.peer.id in self._state.online
        width = max(8, self.scrollable_content_region.width - 2)
        is_current = room.id == self._current
        return Option(room_content(room, is_online=is_online, is_current=is_current, width=width), id=f"r{room.id}")

    def _people_options(self) -> list[Option]:
        known = [self._state.people[pk] for pk in self._state.online if pk in self._state.people]
        known.sort(key=lambda person: person.name.casefold())
        options = []
        for person in known[:MOST_PEOPLE]:
            mark = "◐ " if person.id in self._state.away else "● "
            options.append(Option(Content(f"{mark}{clean_line(person.name)}"), id=f"p{person.id}"))
        return options


def _last_at(room: Room) -> float:
    return room.last_at.timestamp() if room.last_at else 0
