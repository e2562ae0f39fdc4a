"""Messages as a line of plain text, and excerpts of them for quotes."""

import html
import re

from messaging.rendering.spoilers import replace_spoilers
from messaging.rendering.task_lists import replace_checkboxes

LENGTH = 140  # characters

_INLINE_TAG = re.compile(r"</?(?:strong|em|s|code|a|span|bdi)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


def make_excerpt(rendered: str) -> str:
    """Return the beginning of a rendered message as one line of plain text, without its spoilers."""
    line = to_line(rendered)
    return line if len(line) <= LENGTH else f"{line[: LENGTH - 1].rstrip()}…"


def to_line(rendered: str) -> str:
    """Return a rendered message as one line of plain text, without its spoilers."""
    shown = replace_checkboxes(replace_spoilers(rendered))
    return " ".join(html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", shown))).split())
