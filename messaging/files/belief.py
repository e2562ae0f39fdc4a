"""What is believed of the workshop, which a hostile file may have taken over: only what is checked here."""

import re

from messaging.files import kinds
from messaging.files.jobs import Rendition

LARGEST = 32_000_000  # bytes of a rendition

_WRITING = r"(?:[^<>&\x00-\x08\x0a-\x1f\x7f-\x9f]++|&(?:amp|lt|gt);)"
_LINE = re.compile(rf'(?:{_WRITING}++|<span class="[a-z][a-z0-9]{{0,3}}">{_WRITING}++</span>)*+')


def is_markup(text: str) -> bool:
    """Every line is escaped text and spans with a short class, none inside another."""
    return all(_LINE.fullmatch(line) for line in text.split("\n"))


def is_sound(made: bytes, purpose: Rendition) -> bool:
    """It is what it is said to be."""
    if not 0 < len(made) <= LARGEST:
        return False
    if purpose != "text":
        return kinds.type_of(made[:16]) == "image/webp"
    try:
        return is_markup(made.decode())
    except UnicodeDecodeError:
        return False
