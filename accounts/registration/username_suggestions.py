"""Proposes a free username for a display name."""

import unicodedata
from collections.abc import Iterator

import regex
from django.core.exceptions import ValidationError

from accounts import usernames
from accounts.registration.validation import clean_username

MAX_INPUT = 60
MOST_NUMBERS = 9  # tried, each with two queries
_SEPARATORS = regex.compile(r"[^\p{L}\p{N}]+")


def suggest_username(display_name: str) -> str:
    """Return a username such as 'zoe.muller2' for 'Zoë Müller', or "" if the name has no usable characters."""
    for candidate in _candidates(display_name[:MAX_INPUT]):
        try:
            return clean_username(candidate)
        except ValidationError as error:
            if error.code != "username_taken":
                return ""
    return ""


def _candidates(display_name: str) -> Iterator[str]:
    name = _words(_fold(display_name)) or _words(usernames.key(display_name))
    if not name:
        return
    yield _shorten(name, usernames.MAX_LENGTH)
    for number in range(2, MOST_NUMBERS + 1):
        yield f"{_shorten(name, usernames.MAX_LENGTH - 1)}{number}"


def _shorten(name: str, length: int) -> str:
    """Return as many whole words as fit, or the beginning of the first one."""
    return name if len(name) <= length else name[: length + 1].rpartition(".")[0] or name[:length]


def _fold(name: str) -> str:
    """Return the ASCII letters of a name in a Latin script, or "" for other scripts."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain if plain.isascii() else ""


def _words(name: str) -> str:
    return _SEPARATORS.sub(".", name).strip(".")
