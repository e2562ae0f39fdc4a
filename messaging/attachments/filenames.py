"""Sanitizes file names chosen by senders, for displaying and saving them."""

import re
import unicodedata

import regex

from accounts.unicode import visibility

MAX_CHARACTERS = 150
MAX_BYTES = 255  # limit of most file systems
NAMELESS = "file"

_ENDS = regex.compile(r"^[ .\p{Default_Ignorable_Code_Point}]+|[ .]+$")
_EXTENSION = re.compile(r"\.\w{1,16}$")
# Windows opens the device regardless of what follows the first dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE)


def clean_name(name: str) -> str:
    """Return the last part of the path in NFC, without invisible characters or reserved names.

    Bidirectional controls are invisible, too. For example, RLO displays 'exe.jpg' as 'gpj.exe'.
    """
    last = re.split(r"[/\\]", name)[-1]
    # A run of spaces would push the extension out of sight, also one with invisible characters in between.
    visible = " ".join(visibility.cleaned(" ".join(last.split())).split())
    kept = _ENDS.sub("", unicodedata.normalize("NFC", _shortened(visible)))
    if visibility.is_blank(kept):
        return NAMELESS
    return _shortened(f"_{kept}" if _DEVICE.match(kept) else kept)


def _shortened(name: str) -> str:
    extension = found.group() if (found := _EXTENSION.search(name)) else ""
    stem = name.removesuffix(extension)[: MAX_CHARACTERS - len(extension)]
    limit = MAX_BYTES - len(extension.encode())
    return stem.encode()[:limit].decode(errors="ignore").rstrip(" .") + extension
