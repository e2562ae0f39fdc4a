"""Spoilers: text between two bars on each side, which readers only see once they choose to.

A spoiler is `<span class="spoiler">` without other spans inside. Excerpts don't contain its text.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

COVERED = "▒▒▒▒"  # replaces the text in an excerpt

_BARS = "||"
_OPENING = '<span class="spoiler">'
_CLOSING = "</span>"
_SPOILER = re.compile(f"{_OPENING}.*?{_CLOSING}", re.DOTALL)
_BEGINNING = re.compile(r"\|\|(?=\S)")
_END = re.compile(r"\S\|\|")


def use_spoilers(markdown: MarkdownIt) -> None:
    """Add spoilers to a Markdown parser."""
    markdown.inline.add_terminator_char("|")
    markdown.inline.ruler.before("emphasis", "spoiler", _tokenize)
    markdown.inline.ruler2.before("fragments_join", "spoiler", _pair)
    markdown.add_render_rule("spoiler_open", _render_opening)
    markdown.add_render_rule("spoiler_close", _render_closing)


def may_have_spoiler(body: str) -> bool:
    """Return whether a message's source may contain a spoiler."""
    beginning = _BEGINNING.search(body)
    return beginning is not None and _END.search(body, beginning.end()) is not None


def cover_paragraph(paragraph: str) -> str:
    """Return an HTML paragraph as a spoiler."""
    return f"<p>{_OPENING}{paragraph.removeprefix('<p>').removesuffix('</p>')}{_CLOSING}</p>"


def replace_spoilers(html: str) -> str:
    """Return the HTML of a message with COVERED in place of each spoiler."""
    return _SPOILER.sub(COVERED, html)


def _tokenize(state: StateInline, silent: bool) -> bool:
    """Add each pair of bars as a delimiter. Spaces around it decide whether it begins or ends a spoiler."""
    start = end = state.pos
    if silent or not state.src.startswith(_BARS, start):
        return False
    while end < state.posMax and state.src[end] == "|":
        end += 1
    can_close = start > 0 and not state.src[start - 1].isspace()
    can_open = end < state.posMax and not state.src[end].isspace()
    pieces = [_BARS] * ((end - start) // 2)
    if (end - start) % 2:
        pieces.insert(0 if can_open else len(pieces), "|")
    for piece in pieces:
        state.push("text", "", 0).content = piece
        if piece == _BARS:
            state.delimiters.append(Delimiter(ord("|"), 0, len(state.tokens) - 1, -1, can_open, can_close))
    state.pos = end
    return True


def _pair(state: StateInline) -> None:
    """Turn the delimiters that the parser has paired into tags."""
    inner = [meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta]
    for delimiters in (state.delimiters, *inner):
        for opening in delimiters:
            if opening.marker == ord("|") and opening.end != -1:
                _to_tag(state.tokens[opening.token], "spoiler_open", 1)
                _to_tag(state.tokens[delimiters[opening.end].token], "spoiler_close", -1)


def _to_tag(token: Token, kind: str, nesting: int) -> None:
    token.type, token.tag, token.content = kind, "span", ""
    token.nesting = nesting  # type: ignore[assignment]


def _render_opening(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render only the outermost of nested spoilers."""
    env["spoilers"] = env.get("spoilers", 0) + 1
    return _OPENING if env["spoilers"] == 1 else ""


def _render_closing(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    env["spoilers"] -= 1
    return "" if env["spoilers"] else _CLOSING
