"""What is believed of the workshop, which a hostile file may have taken over: only what is checked here."""

import re

from messaging.attachments import media_types
from messaging.attachments.sandbox.messages import Rendition

LARGEST = 32_000_000  # bytes of a rendition

_STEP = 2_000_000  # characters in one go, while which no other thread goes on; a span is shorter

_UNSAFE = r"<>&\x00-\x08\x0b-\x1f\x7f-\x9f"
_SPAN = rf'<span class="[a-z][a-z0-9]{{0,3}}">(?:[^{_UNSAFE}\n]++|&(?:amp|lt|gt);)++</span>'
_MARKUP = re.compile(rf"(?:[^{_UNSAFE}]++|&(?:amp|lt|gt);|{_SPAN})*+")


def is_markup(text: str) -> bool:
    """Escaped text, and spans with a short class, none inside another nor over the end of a line."""
    place = 0
    while place < len(text):
        found = _MARKUP.match(text, place, place + _STEP)
        if found is None or found.end() == place:
            return False
        place = found.end()
    return True


def is_sound(made: bytes, purpose: Rendition) -> bool:
    """It is what it is said to be."""
    if not 0 < len(made) <= LARGEST:
        return False
    if purpose != "text":
        return media_types.type_of(made[:16]) == "image/webp"
    try:
        return is_markup(made.decode())
    except UnicodeDecodeError:
        return False
