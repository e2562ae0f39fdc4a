"""Verifies the sandbox's output, because a hostile file may have taken over the process."""

import re

from messaging.attachments import media_types
from messaging.attachments.sandbox.messages import Rendition

MAX_BYTES = 32_000_000  # per rendition

_STEP = 2_000_000  # characters per match, because each match blocks the interpreter; spans are shorter

_UNSAFE = r"<>&\x00-\x08\x0b-\x1f\x7f-\x9f"
_SPAN = rf'<span class="[a-z][a-z0-9]{{0,3}}">(?:[^{_UNSAFE}\n]++|&(?:amp|lt|gt);)++</span>'
_MARKUP = re.compile(rf"(?:[^{_UNSAFE}]++|&(?:amp|lt|gt);|{_SPAN})*+")


def is_safe_markup(text: str) -> bool:
    """Return whether this is escaped text with unnested spans that have a short class and end on their line."""
    position = 0
    while position < len(text):
        found = _MARKUP.match(text, position, position + _STEP)
        if found is None or found.end() == position:
            return False
        position = found.end()
    return True


def is_valid_rendition(content: bytes, name: Rendition) -> bool:
    """Return whether a rendition has the expected format and size."""
    if not 0 < len(content) <= MAX_BYTES:
        return False
    if name != "text":
        return media_types.type_of(content[:16]) == "image/webp"
    try:
        return is_safe_markup(content.decode())
    except UnicodeDecodeError:
        return False
