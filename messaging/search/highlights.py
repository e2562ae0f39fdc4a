"""The words of a message for which it was found, spelled as in the message, so that the page can mark them."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from messaging.search.query import Kind, Term
from messaging.search.tokens import RUN, Run, fold, is_paired, runs

MAX_CHARACTERS = 4_000  # of a message's text
MAX_SPELLINGS = 20

_SPELLED = regex.compile(rf"(?:{RUN})(?:['’](?:{RUN}))*")
_SPELLED_IN_ASCII = re.compile("[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")  # the same, in half the time


class _Spelled(NamedTuple):
    text: str  # folded
    start: int
    end: int


class Highlighter:
    """Finds the words of a query in messages."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = [(term.kind, found) for term in terms if (found := list(runs(term.text)))]

    def spellings(self, text: str) -> list[str]:
        """Return what to mark in a text, without repetitions."""
        text = text[:MAX_CHARACTERS]
        words = (_SPELLED_IN_ASCII if text.isascii() else _SPELLED).finditer(text)
        spelled = [_Spelled(fold(found[0]), found.start(), found.end()) for found in words]
        folded = " ".join(word.text for word in spelled)
        found: dict[str, None] = {}
        for kind, sought in self._terms:
            if sought[-1].text in folded:
                found |= dict.fromkeys(_find_word_or_part(kind, sought, spelled, text))
            if len(found) >= MAX_SPELLINGS:
                break
        return list(found)[:MAX_SPELLINGS]


def _find_word_or_part(kind: Kind, sought: Sequence[Run], spelled: Sequence[_Spelled], text: str) -> list[str]:
    """Find a word as a part of others if none starts with it, as the search does."""
    found = list(_find(kind, sought, spelled, text))
    return list(_find(Kind.PART, sought, spelled, text)) if kind is Kind.WORD and not found else found


def _find(kind: Kind, sought: Sequence[Run], spelled: Sequence[_Spelled], text: str) -> Iterator[str]:
    *before, last = sought
    for index in range(len(before), len(spelled)):
        word = spelled[index]
        if not _matches(kind, last, word.text):
            continue
        leading = spelled[index - len(before) : index]
        if all(run.text == each.text for run, each in zip(before, leading, strict=True)):
            start = leading[0].start if leading else word.start
            yield text[start : word.end] if leading or not last.is_paired else _inside(last.text, word, text)


def _matches(kind: Kind, run: Run, word: str) -> bool:
    if run.is_paired or kind is Kind.PART:
        return run.text in word
    return word == run.text if kind is Kind.PHRASE else word.startswith(run.text)


def _inside(part: str, word: _Spelled, text: str) -> str:
    """Return the part of a word, or all of it if its characters were folded to others."""
    spelling = text[word.start : word.end]
    if len(spelling) != len(word.text) or not is_paired(spelling):
        return spelling
    start = word.text.index(part)
    return spelling[start : start + len(part)]
