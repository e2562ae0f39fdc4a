"""Text files: in which encoding they are written, and their lines as HTML of our own making.

Every line is HTML by itself: escaped text, and spans with Pygments' short classes, none inside another.
"""

import html
import re
from collections.abc import Mapping
from io import SEEK_END, TextIOWrapper
from itertools import groupby
from typing import BinaryIO

from charset_normalizer import from_bytes
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

from messaging.attachments.sandbox.deadline import OutOfTime, within
from messaging.attachments.sandbox.messages import MAX_PREVIEW, InspectionResult

HEAD = 65_536  # bytes in which the encoding is looked for
WHOLE = 2_000_000  # bytes of a file that can be shown as a whole
COUNTED = 100_000_000  # bytes of a file whose lines are counted
HIGHLIGHTED = 262_144  # characters
HIGHLIGHT_SECONDS = 2.0  # some of Pygments' lexers are quadratic in hostile text
PREVIEW_LINES = 20
PREVIEW_WIDTHS = (200, 100)  # characters of a line
PIECE = 1_000_000

_BOMS = (  # the longer ones first: UTF-32's begins with UTF-16's
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
# What people still have on their disks, the commonest first, which of two that fit equally well is the likelier.
_OLD_ENCODINGS = [
    *("cp1252", "cp1251", "cp1250", "cp932", "euc_jp", "gb18030", "cp949", "big5", "koi8_r", "koi8_u", "cp866"),
    *("cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859_2", "tis_620"),
]
# Controls, and what turns the order of what follows: code must not look like other code.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_INTERPRETER = re.compile(r"#![^\n]{0,80}?\b(bash|zsh|sh|python|perl|ruby|node|php|lua)[\d.]*(?:\s|$)")
_PLAIN = frozenset(("", "n", "nx", "p", "w", "o", "err"))  # classes without a colour


def show(file: BinaryIO, name: str, made: Mapping[str, BinaryIO]) -> InspectionResult:
    """Count its lines, make the preview and, unless it is long, the rendition `text`; 'other' when it is no text."""
    try:
        return _shown(file, name, made)
    except UnicodeError:
        return InspectionResult()


def _shown(file: BinaryIO, name: str, made: Mapping[str, BinaryIO]) -> InspectionResult:
    encoding = encoding_of(file.read(HEAD))
    size = file.seek(0, SEEK_END)
    file.seek(0)
    if not encoding:
        return InspectionResult()
    text = TextIOWrapper(file, encoding=encoding)  # ends of lines become \n
    beginning = text.read(WHOLE)
    if not _is_writing(beginning[:HEAD]):
        return InspectionResult()
    lexer = _lexer(name, beginning)
    answer = InspectionResult(kind="text", preview=preview(beginning, lexer))
    if size <= COUNTED:
        answer.lines = _count(beginning, text)
    if size <= WHOLE:
        made["text"].write("".join(f"{line}\n" for line in _marked(_visible(beginning), lexer)).encode())
        answer.renditions = ["text"]
    return answer


def encoding_of(head: bytes) -> str:
    """By its mark, else UTF-8 where that fits, else the likeliest old one; "" when it is no text."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        return ""
    if _is_utf8(head):
        return "utf-8"
    whole_lines = head[: head.rfind(b"\n") + 1] or head  # a character cut in two would count against the right one
    matches = from_bytes(whole_lines, cp_isolation=_OLD_ENCODINGS)
    if not (best := matches.best()):
        return ""
    ties = [each for each in matches if (each.chaos, each.coherence) == (best.chaos, best.coherence)]
    return min((name for each in ties for name in each.could_be_from_charset), key=_OLD_ENCODINGS.index)


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > HEAD - 4 and error.reason == "unexpected end of data"
    return True


def _is_writing(text: str) -> bool:
    """Some programs' data happens to decode."""
    return len(_BINARY.findall(text)) * 50 <= len(text)


def _count(beginning: str, rest: TextIOWrapper) -> int:
    """The last line counts with its end and without."""
    lines, last = 0, "\n"
    piece = beginning
    while piece:
        if "\0" in piece and rest.encoding not in ("utf-16", "utf-32"):
            raise UnicodeError
        lines += piece.count("\n")
        last = piece[-1]
        piece = rest.read(PIECE)
    return lines + (last != "\n")


def _lexer(name: str, text: str) -> Lexer | None:
    interpreter = _INTERPRETER.match(text)
    try:
        return get_lexer_for_filename(name, text[:2000], stripnl=False, ensurenl=False)
    except ClassNotFound:
        return get_lexer_by_name(interpreter[1], stripnl=False, ensurenl=False) if interpreter else None


def preview(text: str, lexer: Lexer | None) -> str:
    """The first lines as HTML, long ones cut with '…'; fewer of them where they would take too much."""
    for chosen in (lexer, None):
        for width in PREVIEW_WIDTHS:
            shown = "\n".join(_first_lines(text, chosen, width))
            if len(shown) <= MAX_PREVIEW:
                return shown
    return shown[:MAX_PREVIEW].rpartition("\n")[0]


def _first_lines(text: str, lexer: Lexer | None, width: int) -> list[str]:
    lines = text.removesuffix("\n").split("\n", PREVIEW_LINES)[:PREVIEW_LINES] if text else []
    marked = _marked("".join(f"{_visible(line[:width])}\n" for line in lines), lexer)
    return [html_line + "…" * (len(line) > width) for html_line, line in zip(marked, lines, strict=True)]


def _marked(text: str, lexer: Lexer | None) -> list[str]:
    """The lines as HTML, plain where highlighting fails, takes too long or does not give the same lines."""
    plain = _lines(html.escape(text, quote=False))
    if lexer is None or len(text) > HIGHLIGHTED:
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
    """A span for each of its lines."""
    return "\n".join(f"{opening}{line}</span>" if line else "" for line in part.split("\n"))


def _css_class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES[kind]


def _visible(text: str) -> str:
    return _HIDDEN.sub("\ufffd", text)
