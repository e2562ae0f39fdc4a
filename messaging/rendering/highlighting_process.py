"""The process that highlights code: `python -m messaging.rendering.highlighting_process …`.

Each job is the blocks of one message, and its result is their HTML.
"""

import html
from collections.abc import Iterable, Sequence
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType

from live.isolation.deadline import OutOfTime, within
from live.isolation.worker import serve
from messaging.rendering.code_blocks import CodeBlock

HIGHLIGHT_SECONDS = 0.02  # CPU time for all blocks of a message

_UNSTYLED = frozenset(("", "n", "nx", "p", "w", "o", "err"))  # classes without a style in static/css/code.css


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
    serve(lambda blocks, _files: highlight(blocks), list[CodeBlock])
