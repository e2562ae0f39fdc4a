"""Excerpts of messages, for quotes."""

import html
import re

LENGTH = 140  # characters

_INLINE_TAG = re.compile(r"</?(?:strong|em|s|code|a|span)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


def make_excerpt(rendered: str) -> str:
    """Return the beginning of a rendered message as one line of plain text."""
    line = " ".join(html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", rendered))).split())
    return line if len(line) <= LENGTH else f"{line[: LENGTH - 1].rstrip()}…"
