"""The conditions that an index can look up."""

from typing import NamedTuple

Phrase = tuple[str, ...]  # tokens in direct succession
Options = tuple[Phrase, ...]


class Expression(NamedTuple):
    """Messages with at least one of the phrases in each of `required`, and none of those in `excluded`.

    `required` must not be empty.
    """

    required: tuple[Options, ...]
    excluded: Options = ()


def tokens(*each: str) -> Options:
    """Return options of one token each."""
    return tuple((token,) for token in each)
