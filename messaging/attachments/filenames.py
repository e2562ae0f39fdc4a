"""Sanitises file names chosen by senders, for displaying and saving them."""

import re
import unicodedata

MAX_CHARACTERS = 150
MAX_BYTES = 255  # limit of most file systems
NAMELESS = "file"

# Bidirectional controls. For example, RLO displays 'exe.jpg' as 'gpj.exe'.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")  # controls, surrogates, line and paragraph separators
_EXTENSION = re.compile(r"\.\w{1,16}$")
# Windows opens the device regardless of what follows the first dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE)


def clean_name(name: str) -> str:
    """Return the last part of the path in NFC, without invisible characters or names reserved by a system."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(each for each in last if each.isspace() or not _is_invisible(each))
    # A run of spaces would push the extension out of sight, also one with invisible characters in between.
    kept = unicodedata.normalize("NFC", " ".join(visible.split())).strip(" .")
    if _DEVICE.match(kept):
        kept = f"_{kept}"
    return _shortened(kept) or NAMELESS


def _is_invisible(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in _CATEGORIES


def _shortened(name: str) -> str:
    extension = found.group() if (found := _EXTENSION.search(name)) else ""
    stem = name.removesuffix(extension)[: MAX_CHARACTERS - len(extension)]
    limit = MAX_BYTES - len(extension.encode())
    return stem.encode()[:limit].decode(errors="ignore").rstrip(" .") + extension
