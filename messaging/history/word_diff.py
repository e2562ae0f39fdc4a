"""Finds the words that differ between two texts, in bounded time.

What the texts have in common at their beginning and end is left out first. The rest is only compared if it is short, as
difflib's time grows with the square of its length: 600 words and spaces, chosen to be slow, took 6 ms. Otherwise, all
of it counts as replaced.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

MAX_WORDS = 600  # with the spaces between them, on each side

_WORD = re.compile(r"\s+|\w+|[^\w\s]")


class Kind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Part(NamedTuple):
    kind: Kind
    text: str


def compare(old: str, new: str) -> list[Part]:
    """Return the parts of both texts. Those not removed are the new text, and those not added the old one."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    start = _common_length(before, after)
    end = _common_length(before[start:][::-1], after[start:][::-1])
    middle = _compare_words(before[start : len(before) - end], after[start : len(after) - end])
    parts = [(Kind.SAME, after[:start]), *middle, (Kind.SAME, after[len(after) - end :])]
    return [Part(kind, "".join(words)) for kind, words in parts if words]


def _common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the number of words at the beginning that are the same."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _compare_words(before: list[str], after: list[str]) -> list[tuple[Kind, list[str]]]:
    if len(before) > MAX_WORDS or len(after) > MAX_WORDS:
        return [(Kind.REMOVED, before), (Kind.ADDED, after)]
    found: list[tuple[Kind, list[str]]] = []
    for operation, i, j, k, m in SequenceMatcher(str.isspace, before, after).get_opcodes():
        if operation == "equal":
            found.append((Kind.SAME, after[k:m]))
        else:
            found += [(Kind.REMOVED, before[i:j]), (Kind.ADDED, after[k:m])]
    return found
