"""The text of text files, taken from what the confined process has rendered."""

import html
import re
from pathlib import Path

from messaging.search.tokens import tokenize

MAX_CHARACTERS = 65_536  # of a file's text
MAX_MARKUP = 4 * MAX_CHARACTERS  # bytes of HTML that are read
MAX_TOKENS = 4_000
MAX_DISTINCT = 1_000

_TAG = re.compile(r"<[^>]*>")


def read_tokens(preview: str, rendition: Path | None) -> str:
    """Return the first tokens of a text file, separated by spaces, or "" for other files.

    preview, rendition: the first and all of the file's lines as HTML. Large files have no rendition.
    """
    markup = preview
    if rendition is not None:
        with rendition.open("rb") as file:
            markup = file.read(MAX_MARKUP).decode(errors="ignore")
    return " ".join(_first_tokens(html.unescape(_TAG.sub("", markup))[:MAX_CHARACTERS]))


def _first_tokens(text: str) -> list[str]:
    tokens, _ = tokenize(text, MAX_TOKENS)
    distinct: set[str] = set()
    for index, token in enumerate(tokens):
        distinct.add(token)
        if len(distinct) > MAX_DISTINCT:
            return tokens[:index]
    return tokens
