"""Makes text by other people safe for a terminal, and names of their files safe for a disk.

A terminal obeys control characters and escape sequences: they can move the cursor, change the title or the clipboard,
and make it type. Bidirectional controls can make the rest of the line read backwards.
"""

import re
import unicodedata

MAX_NAME_BYTES = 200

_LINE_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# Escape sequences with their arguments: OSC, DCS, SOS, PM and APC up to their end, CSI, and all others.
_SEQUENCES = re.compile(
    "(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c|$)?"
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|\x1b[ -/]*[0-~]?"
)
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = "\ufeff\ufff9\ufffa\ufffb\u2060\u180e"
_FORBIDDEN_IN_NAMES = re.compile(r'[/\\:*?"<>|]')


def clean(text: str) -> str:
    """Return text without controls. Line breaks stay, and tabs become blanks."""
    return clean_input(text).replace("\t", "    ")


def clean_input(text: str) -> str:
    """Return text without controls for a field, in which tabs stay."""
    text = _SEQUENCES.sub("", _LINE_BREAKS.sub("\n", text))
    return "".join(character for character in text if character in "\n\t" or not _is_control(character))


def clean_line(text: str, separator: str = " ") -> str:
    """Return text in one line."""
    return separator.join(line.strip() for line in clean(text).split("\n") if line.strip())


def shorten(text: str, most: int) -> str:
    """Return the start of a text that is longer than this."""
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def clean_name(name: str) -> str:
    """Return a file name that stays in its folder, isn't hidden, and has an ordinary length."""
    name = _FORBIDDEN_IN_NAMES.sub("_", clean_line(name)).strip(". ")
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 20:
        stem, dot, extension = name, "", ""
    most = MAX_NAME_BYTES - len(f"{dot}{extension}".encode())
    return f"{stem.encode()[:most].decode(errors='ignore').strip()}{dot}{extension}".lstrip("-. ") or "file"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _BIDI or character in _INVISIBLE
