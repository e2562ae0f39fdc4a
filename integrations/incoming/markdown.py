"""Parts of Markdown messages, written so that text from other services can't become markup by accident."""

import re

MAX_LINK = 2_000  # characters of an address
MAX_INDENT = 40

_AT = "\0"  # a character that text can't contain, before an @ that is to be escaped

_SPECIAL = re.compile(r"[\\`*\[\]<|]|(?<![^\W_])_|_(?![^\W_])|~(?:(?<=~~)|(?=~))")
_URL = re.compile(r"\bhttps?://[^\s<>\"|`]+")
_URL_MARKUP = re.compile(r"[\\*_~\[\]]")
_END_OF_URL = re.compile(r"[.,:;!?'*_~\])]+$")
# Markup at the beginning of a line: headings, lists, quotes, rulers and fences.
_LINE_START = re.compile(r"(?:#{1,6}(?=\s|$)|[+-](?=[\s-]|$)|>|~{3,})|(\d{1,9})(?=[.)](?:\s|$))")
_MENTION = re.compile(r"(?<![\w@#./:&=+~-])@(?=\w)")
_INVALID = re.compile("[\0-\x08\x0b-\x1f\x7f\ud800-\udfff\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Normalize line ends, and remove characters that a message can't contain."""
    return _INVALID.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escape(text: str) -> str:
    """Return Markdown that shows this text, which may have several lines, unchanged. Addresses become links."""
    return "\n".join(map(escape_line, text.split("\n")))


def escape_line(text: str) -> str:
    """Return Markdown that shows a whole line of text unchanged."""
    body = text.lstrip(" \t")
    indent = "\u00a0" * min(MAX_INDENT, len(text[: len(text) - len(body)].expandtabs(4)))
    return indent + escape_start(escape_inline(body))


def escape_start(markdown: str) -> str:
    """Escape the first characters of a line if they would be the beginning of a list, heading or quote."""
    if (found := _LINE_START.match(markdown)) is None:
        return markdown
    at = found.end(1) if found[1] else 0
    return f"{markdown[:at]}\\{markdown[at:]}"


def escape_inline(text: str, *, may_mention: bool = False) -> str:
    """Return Markdown that shows this part of a line unchanged. `may_mention`: whether `@name` mentions someone."""
    if not may_mention:
        text = _MENTION.sub(f"{_AT}@", text)
    pieces, end = [], 0
    for found in _URL.finditer(text):
        address = _END_OF_URL.sub("", found[0])
        pieces += [_escaped(text[end : found.start()]), _bare_link(address)]
        end = found.start() + len(address)
    return "".join([*pieces, _escaped(text[end:])]).replace(_AT, "\\")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _bare_link(address: str) -> str:
    return f"<{address}>" if _URL_MARKUP.search(address) else address


def link(label: str, address: str) -> str:
    """Return a link, or just the label if it has no address that may be linked. `label` is text."""
    label = one_line(label)
    if (target := _target(address)) is None:
        return escape_inline(label)
    return f"[{_escaped(label) or _escaped(address)}]({target})"


def _target(address: str) -> str | None:
    address = address.strip()
    if len(address) > MAX_LINK or not re.match(r"(?:https?://|mailto:)\S", address, re.IGNORECASE):
        return None
    return re.sub(r"[\s<>()\\]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), address)


def bold(text: str) -> str:
    """Return this text, or this link, in bold."""
    return f"**{text}**" if text.strip() else ""


def code(text: str) -> str:
    """Return text as code within a line."""
    text = one_line(text)
    fence = "`" * (_longest_run(text) + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}" if text else ""


def code_block(text: str, language: str = "") -> str:
    text = text.strip("\n")
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}" if text.strip() else ""


def quote(markdown: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in markdown.split("\n"))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def shorten(text: str, limit: int) -> str:
    """Return the text in one line of at most `limit` characters."""
    text = one_line(text[: limit * 4])
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def excerpt(text: str, *, lines: int, characters: int) -> str:
    """Return the first lines of a text that is Markdown already, such as the description of an issue, as text."""
    kept = [line for line in clean(text[: characters * 4]).split("\n") if line.strip()][:lines]
    return "\n".join(escape_line(shorten(line, characters)) for line in kept)


def paragraphs(*parts: str) -> str:
    return _BLANK_LINES.sub("\n\n", "\n\n".join(part for part in parts if part.strip()))


def lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part.strip())


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
