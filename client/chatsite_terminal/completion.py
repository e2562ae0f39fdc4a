"""Completes people, rooms, emoji and commands in what is being written."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich._emoji_codes import EMOJI

from chatsite_client.state import SiteState
from chatsite_terminal.commands import USAGES
from chatsite_terminal.safe_text import clean_line

MOST = 8
_WORD = re.compile(r"(?:^|(?<=\s))([@#:/])([^\s@#:]*)$")


class Completion(NamedTuple):
    """`text` replaces what was written from `start` on. `label` explains it."""

    start: int
    text: str
    label: str


def complete(state: SiteState, before: str) -> list[Completion]:
    """Return how the word before the caret can be completed. `before`: the line up to the caret."""
    match = _WORD.search(before)
    if match is None or (match[1] == "/" and match.start() > 0):
        return []
    kind, typed = match[1], match[2].casefold()
    if kind == ":" and len(typed) < 2:
        return []
    candidates = {"@": _people, "#": _rooms, ":": _emoji, "/": _commands}[kind](state, typed)
    found = [Completion(match.start(), f"{text} ", label) for text, label in candidates]
    return sorted(found, key=lambda each: (len(each.text), each.text))[:MOST]


def _people(state: SiteState, typed: str) -> Iterator[tuple[str, str]]:
    for person in state.people.values():
        words = [person.username, *person.name.split()]
        if person.id != state.me.id and any(word.casefold().startswith(typed) for word in words):
            yield f"@{clean_line(person.username)}", clean_line(person.name)


def _rooms(state: SiteState, typed: str) -> Iterator[tuple[str, str]]:
    for room in state.rooms.values():
        if room.slug and (room.slug.casefold().startswith(typed) or room.name.casefold().startswith(typed)):
            yield f"#{clean_line(room.slug)}", clean_line(room.name)


def _emoji(_state: SiteState, typed: str) -> Iterator[tuple[str, str]]:
    for name, emoji in EMOJI.items():
        if name.startswith(typed):
            yield emoji, f":{name}:"


def _commands(_state: SiteState, typed: str) -> Iterator[tuple[str, str]]:
    for name, usage in USAGES.items():
        if name.startswith(typed):
            yield f"/{name}", usage.purpose
