"""Converts mrkdwn, the markup of Slack's messages, to Markdown.

Each line is read once, from left to right. Markers that have no partner are text, as in Slack, and so is everything
that is markup in Markdown but not in mrkdwn.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from integrations.incoming import markdown
from integrations.incoming.slack.angles import Names, convert_angle
from integrations.incoming.slack.short_codes import emoji_for

MAX_TEXT = 41_000  # characters; more would be cut anyway

_FENCE = "```"
_TOKEN = re.compile(
    r"(?P<angle><[^<>\n]{1,3000}>)|(?P<code>`[^`\n]+`)|(?P<entity>&(?:amp|lt|gt);)"
    r"|(?P<address>\bhttps?://[^\s<>\"|`]*[^\s<>\"|`*_~.,:;!?')\]])"
    r"|(?P<emoji>:[a-z0-9_+-]{1,50}:)|(?P<marker>[*_~])|(?P<text>[^<`&:*_~h\n]+|[<`&:h])"
)
_MARKUP = {"*": "**", "_": "_", "~": "~~"}
_QUOTE = re.compile(r"(?:>|&gt;)(?!(?:>|&gt;)) ?")
_LONG_QUOTE = re.compile(r"(?:>|&gt;){3} ?")
_NO_NAMES: Names = {}


def convert(text: str, names: Mapping[str, str] = _NO_NAMES) -> str:
    """Return Markdown. `names`: the usernames of people by the ids with which `<@id>` mentions them."""
    pieces = markdown.clean(text[:MAX_TEXT]).split(_FENCE)
    if len(pieces) % 2 == 0:  # the last fence has no partner
        pieces[-2:] = [f"{pieces[-2]}{_FENCE}{pieces[-1]}"]
    blocks = (
        _code_block(piece) if index % 2 else _convert_lines(piece.strip("\n"), names)
        for index, piece in enumerate(pieces)
    )
    return "\n".join(block for block in blocks if block)


def unescape(text: str) -> str:
    """Return the characters for the three escapes of mrkdwn."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _code_block(piece: str) -> str:
    return markdown.code_block(unescape(piece))


def _convert_lines(text: str, names: Names) -> str:
    return "\n".join(_lines(text, names)) if text else ""


def _lines(text: str, names: Names) -> Iterator[str]:
    is_quoted = was_quoted = False
    for line in text.split("\n"):
        if not is_quoted and (found := _LONG_QUOTE.match(line)):
            is_quoted, line = True, line[found.end() :]
        found = None if is_quoted else _QUOTE.match(line)
        quoted = is_quoted or found is not None
        if was_quoted and not quoted and line:
            yield ""  # otherwise, the line would continue the quote
        converted = convert_line(line[found.end() :] if found else line, names)
        yield (f"> {converted}".rstrip() if quoted else converted)
        was_quoted = quoted


def convert_line(line: str, names: Names = _NO_NAMES) -> str:
    body = line.lstrip(" \t")
    indent = markdown.escape_line(line[: len(line) - len(body)])
    return indent + markdown.escape_start(_Line(body, names).convert())


@dataclass(slots=True)
class _Line:
    """The tokens of a line as Markdown. `openers`: the positions of markers that are waiting for a partner."""

    text: str
    names: Names
    output: list[str] = field(default_factory=list)
    openers: dict[str, list[int]] = field(default_factory=lambda: {"*": [], "_": [], "~": []})
    pending: list[str] = field(default_factory=list)  # adjacent text, which is escaped together

    def convert(self) -> str:
        for found in _TOKEN.finditer(self.text):
            kind, token = str(found.lastgroup), found[0]
            if kind == "marker":
                self._mark(token, found.start())
            elif kind == "angle":
                self._append(convert_angle(unescape(token[1:-1]), self.names))
            elif kind == "code":
                self._append(markdown.code(unescape(token[1:-1])) or markdown.escape_inline(token))
            else:
                self.pending.append(_as_text(kind, token))
        self._flush()
        return "".join(self.output)

    def _append(self, piece: str) -> None:
        self._flush()
        self.output.append(piece)

    def _flush(self) -> None:
        if self.pending:
            self.output.append(markdown.escape_inline("".join(self.pending), may_mention=True))
            self.pending.clear()

    def _mark(self, marker: str, at: int) -> None:
        before, after = self.text[at - 1 : at], self.text[at + 1 : at + 2]
        if self._closes(marker, before, after):
            self._append(_MARKUP[marker])
            self._drop_openers(self.openers[marker].pop(), marker)
        elif _opens(marker, before, after):
            self._flush()
            self.openers[marker].append(len(self.output))
            self.output.append(f"\\{marker}")
        else:
            self.pending.append(marker)

    def _closes(self, marker: str, before: str, after: str) -> bool:
        openers = self.openers[marker]
        if not openers or before.isspace() or before == marker or after.isalnum() or after == marker:
            return False
        self._flush()
        return len(self.output) > openers[-1] + 1

    def _drop_openers(self, start: int, marker: str) -> None:
        """Turn the opener into markup. Other markers that were opened in between stay text."""
        self.output[start] = _MARKUP[marker]
        for openers in self.openers.values():
            while openers and openers[-1] > start:
                openers.pop()


def _opens(marker: str, before: str, after: str) -> bool:
    is_start = not before or before.isspace() or (_is_punctuation(before) and before != marker)
    return is_start and bool(after) and not after.isspace() and after != marker


def _is_punctuation(character: str) -> bool:
    return character.isascii() and not character.isalnum()


def _as_text(kind: str, token: str) -> str:
    if kind == "emoji":
        return emoji_for(token[1:-1]) or token
    return token if kind == "text" else unescape(token)
