"""Renders the lines of text files as HTML.

Each line is self-contained and consists of escaped text and unnested spans with Pygments' short classes.
"""

import html
import re
from collections.abc import Mapping
from io import SEEK_END, TextIOWrapper
from itertools import groupby
from typing import BinaryIO

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

from live.isolation.deadline import OutOfTime, within
from messaging.attachments.sandbox.encoding import HEAD, encoding_of
from messaging.attachments.sandbox.messages import MAX_PREVIEW, InspectionResult

MAX_RENDERED = 2_000_000  # bytes; larger files are not fully rendered
MAX_COUNTED = 100_000_000  # bytes; the lines of larger files are not counted
MAX_HIGHLIGHTED = 262_144  # characters
HIGHLIGHT_SECONDS = 2.0  # some of Pygments' lexers take quadratic time for hostile text
PREVIEW_LINES = 20
PREVIEW_WIDTHS = (200, 100)  # characters per line
CHUNK = 1_000_000

# Control characters and bidirectional marks, because code must not look like different code.
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_INTERPRETER = re.compile(r"#![^\n]{0,80}?\b(bash|zsh|sh|python|perl|ruby|node|php|lua)[\d.]*(?:\s|$)")
_PLAIN = frozenset(("", "n", "nx", "p", "w", "o", "err"))  # classes without a style


def render(file: BinaryIO, name: str, outputs: Mapping[str, BinaryIO]) -> InspectionResult:
    """Count lines, build the preview and, up to MAX_RENDERED bytes, write the rendition `text`."""
    try:
        return _render(file, name, outputs)
    except UnicodeError:
        return InspectionResult()


def _render(file: BinaryIO, name: str, outputs: Mapping[str, BinaryIO]) -> InspectionResult:
    encoding = encoding_of(file.read(HEAD))
    size = file.seek(0, SEEK_END)
    file.seek(0)
    if not encoding:
        return InspectionResult()
    text = TextIOWrapper(file, encoding=encoding)  # normalizes line ends to \n
    beginning = text.read(MAX_RENDERED)
    if not _is_text(beginning[:HEAD]):
        return InspectionResult()
    lexer = _lexer(name, beginning)
    result = InspectionResult(kind="text", preview=preview(beginning, lexer))
    if size <= MAX_COUNTED:
        result.lines = _count(beginning, text)
    if size <= MAX_RENDERED:
        outputs["text"].write("".join(f"{line}\n" for line in _highlighted_lines(_visible(beginning), lexer)).encode())
        result.renditions = ["text"]
    return result


def _is_text(text: str) -> bool:
    """Return whether few characters are control characters, because some binary data can be decoded as text."""
    return len(_BINARY.findall(text)) * 50 <= len(text)


def _count(beginning: str, rest: TextIOWrapper) -> int:
    """Count lines, including a last one without a line ending. Raises UnicodeError."""
    lines, last = 0, "\n"
    chunk = beginning
    while chunk:
        if "\0" in chunk and rest.encoding not in ("utf-16", "utf-32"):
            raise UnicodeError
        lines += chunk.count("\n")
        last = chunk[-1]
        chunk = rest.read(CHUNK)
    return lines + (last != "\n")


def _lexer(name: str, text: str) -> Lexer | None:
    interpreter = _INTERPRETER.match(text)
    try:
        return get_lexer_for_filename(name, text[:2000], stripnl=False, ensurenl=False)
    except ClassNotFound:
        return get_lexer_by_name(interpreter[1], stripnl=False, ensurenl=False) if interpreter else None


def preview(text: str, lexer: Lexer | None) -> str:
    """Return the first lines as HTML, with long lines truncated by '…'. Return fewer if they exceed MAX_PREVIEW."""
    for chosen in (lexer, None):
        for width in PREVIEW_WIDTHS:
            markup = "\n".join(_first_lines(text, chosen, width))
            if len(markup) <= MAX_PREVIEW:
                return markup
    return markup[:MAX_PREVIEW].rpartition("\n")[0]


def _first_lines(text: str, lexer: Lexer | None, width: int) -> list[str]:
    lines = text.removesuffix("\n").split("\n", PREVIEW_LINES)[:PREVIEW_LINES] if text else []
    marked = _highlighted_lines("".join(f"{_visible(line[:width])}\n" for line in lines), lexer)
    return [html_line + "…" * (len(line) > width) for html_line, line in zip(marked, lines, strict=True)]


def _highlighted_lines(text: str, lexer: Lexer | None) -> list[str]:
    """Return the lines as HTML, without highlighting if it fails, takes too long or changes the number of lines."""
    plain = _lines(html.escape(text, quote=False))
    if lexer is None or len(text) > MAX_HIGHLIGHTED:
        return plain
    try:
        with within(HIGHLIGHT_SECONDS):
            highlighted = _lines(_highlighted(text, lexer))
    except (Exception, OutOfTime):
        return plain
    return highlighted if len(highlighted) == len(plain) else plain


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _highlighted(text: str, lexer: Lexer) -> str:
    parts = []
    for css, tokens in groupby(lexer.get_tokens(text), key=lambda token: _css_class(token[0])):
        part = html.escape("".join(value for _, value in tokens), quote=False)
        parts.append(part if css in _PLAIN else _in_spans(part, f'<span class="{css}">'))
    return "".join(parts)


def _in_spans(part: str, opening: str) -> str:
    """Wrap each line in a span."""
    return "\n".join(f"{opening}{line}</span>" if line else "" for line in part.split("\n"))


def _css_class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES[kind]


def _visible(text: str) -> str:
    return _INVISIBLE.sub("\ufffd", text)
