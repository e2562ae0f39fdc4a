"""The process that highlights code: `python -m messaging.rendering.highlighting_process`.

Standard input is a socket. Each packet contains the blocks of one message as JSON, and the response contains their
HTML. The process exits when its input is closed, when its parent exits, or after a minute without work.
"""

import html
import socket
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType

from live.isolation.confinement import confine
from live.isolation.deadline import OutOfTime, within
from messaging.rendering.code_blocks import MAX_MESSAGE, CodeBlock

HIGHLIGHT_SECONDS = 0.02  # CPU time for all blocks of a message
IDLE_SECONDS = 60.0

_UNSTYLED = frozenset(("", "n", "nx", "p", "w", "o", "err"))  # classes without a style in static/css/code.css


def main() -> None:
    connection = socket.socket(fileno=0)
    connection.settimeout(IDLE_SECONDS)
    confine()
    try:
        while packet := connection.recv(MAX_MESSAGE):
            blocks = msgspec.json.decode(packet, type=list[CodeBlock])
            connection.send(msgspec.json.encode(highlight(blocks)))
    except TimeoutError:
        return


def highlight(blocks: Sequence[CodeBlock]) -> list[str]:
    """Return the HTML of each block, or "" for those that were not finished within HIGHLIGHT_SECONDS."""
    lexers = [get_lexer_by_name(block.language, stripnl=False, ensurenl=False) for block in blocks]
    for lexer in lexers:
        list(lexer.get_tokens(""))  # compiles its patterns, which takes longer than using them
    results: list[str] = []
    try:
        with within(HIGHLIGHT_SECONDS):
            for block, lexer in zip(blocks, lexers, strict=True):
                results.append(_highlight(block.code, lexer))
    except OutOfTime:
        pass
    return results + [""] * (len(blocks) - len(results))


def _highlight(code: str, lexer: Lexer) -> str:
    return "".join(_spans(lexer.get_tokens(code)))


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> Iterable[str]:
    for css_class, group in groupby(tokens, key=lambda token: _css_class(token[0])):
        text = html.escape("".join(value for _, value in group))
        yield text if css_class in _UNSTYLED else f'<span class="{css_class}">{text}</span>'


def _css_class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES[kind]


if __name__ == "__main__":
    main()
