"""A file's name as its sender gave it, made safe to show and to save under."""

import re
import unicodedata

MAX_CHARACTERS = 150
MAX_BYTES = 255  # of a name on most disks
NAMELESS = "file"

# What is not seen and turns what is: RLO makes 'gpj.exe' of 'exe.jpg'.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of characters, ends of lines and paragraphs
_EXTENSION = re.compile(r"\.\w{1,16}$")
# Windows opens the device, whatever follows the first dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE)


def clean_name(name: str) -> str:
    """The last part of the path, in NFC, without what cannot be seen and what a system takes for something else."""
    last = re.split(r"[/\\]", name)[-1]
    # A row of spaces would push the extension out of sight.
    seen = "".join(each for each in " ".join(last.split()) if not _is_hidden(each))
    kept = unicodedata.normalize("NFC", seen).strip(" .")
    if _DEVICE.match(kept):
        kept = f"_{kept}"
    return _shortened(kept) or NAMELESS


def _is_hidden(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in _UNSEEN


def _shortened(name: str) -> str:
    extension = found.group() if (found := _EXTENSION.search(name)) else ""
    stem = name.removesuffix(extension)[: MAX_CHARACTERS - len(extension)]
    room = MAX_BYTES - len(extension.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + extension
