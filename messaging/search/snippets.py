"""The part of a message that a page of results shows, with the words for which it was found."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from messaging.rendering.excerpt import to_line

LENGTH = 280  # characters
BEFORE = 80  # characters before the first word that was found


class Part(NamedTuple):
    """`is_found`: whether the text is one of the words that were searched for."""

    text: str
    is_found: bool


def make_snippet(rendered: str, spellings: Sequence[str]) -> list[Part]:
    """Return a part of a rendered message as plain text, without its spoilers. It begins shortly before the first word.

    `spellings`: the words that were found, as they are spelled in the message.
    """
    line = to_line(rendered)
    found = _pattern(spellings)
    first = found.search(line) if found else None
    start = _word_start(line, first.start() - BEFORE) if first and first.end() > LENGTH else 0
    cut = line[start : start + LENGTH]
    text = f"{'…' if start else ''}{cut}{'…' if start + LENGTH < len(line) else ''}"
    return list(_parts(text, found))


def mark(text: str, spellings: Sequence[str]) -> list[Part]:
    """Return a whole text, such as the name of a file, with the words that were found."""
    return list(_parts(text, _pattern(spellings)))


def _parts(text: str, found: re.Pattern[str] | None) -> list[Part]:
    pieces = found.split(text) if found else [text]
    return [Part(piece, bool(index % 2)) for index, piece in enumerate(pieces) if piece]


def _pattern(spellings: Sequence[str]) -> re.Pattern[str] | None:
    """Match whole spellings, the longest first. In a phrase, any spaces may separate the words."""
    longest_first = sorted(spellings, key=len, reverse=True)
    words = (r"\s+".join(map(re.escape, spelling.split())) for spelling in longest_first)
    return re.compile(f"({'|'.join(words)})") if spellings else None


def _word_start(line: str, index: int) -> int:
    """Return the start of the next word, unless it is far away."""
    space = line.find(" ", max(0, index), max(0, index) + 20)
    return space + 1 if space >= 0 else max(0, index)
