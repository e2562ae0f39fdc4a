"""Mentions in a message's Markdown: `@name` and `#room` at the beginning of a word, except in code, quotes and links.

Messages are rendered without the database, so the HTML contains candidates, `<bdi>@name</bdi>`. When a message is
stored, `replace_candidates` makes each of them a mention, `<bdi data-mention="…">@name</bdi>`, a link to a group or a
room, or plain text.
"""

from collections.abc import Callable, Sequence

import regex
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_MENTIONS = 50  # in one message; any further ones are plain text

# As in a username or a room's slug. The characters before it would make it a part of an address or a path.
_NAME = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}_@#./:&=+~-])"
    r"(?:@[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]{0,30}[\p{L}\p{M}\p{N}])?|#[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_-]{0,78}[\p{L}\p{M}\p{N}])?)"
    r"(?![\p{L}\p{M}\p{N}_@#])"
)
_SIGN = regex.compile("[@#]")
_OPENING, _CLOSING = "<bdi>", "</bdi>"
_CANDIDATE = regex.compile(f"{_OPENING}([@#][^<]+){_CLOSING}")


def use_mentions(markdown: MarkdownIt) -> None:
    """Add candidates for mentions to a Markdown parser. Escaping the sign prevents one."""
    markdown.core.ruler.before("text_join", "mentions", _find_mentions)
    markdown.add_render_rule("mention", _render_mention)


def candidates_in(html: str) -> list[str]:
    """Return the candidates in the HTML of a message, such as '@ana' and '#design'."""
    return _CANDIDATE.findall(html) if _OPENING in html else []


def mentions_in(html: str, value: str) -> list[str]:
    """Return the mentions with this attribute's value in the HTML of a stored message, as they are spelled there."""
    return list(dict.fromkeys(regex.findall(f'<bdi data-mention="{regex.escape(value)}">([^<]+)</bdi>', html)))


def group_mentions_in(html: str, group_id: int) -> list[str]:
    """Return the mentions of a group in the HTML of a stored message, as they are spelled there."""
    return list(dict.fromkeys(regex.findall(f'<a data-group="{group_id}" [^>]*>([^<]+)</a>', html)))


def replace_candidates(html: str, resolve: Callable[[str], str | None]) -> str:
    """Make each candidate a mention with the value that `resolve` returns for it, or plain text for None.

    For rooms, it returns their URLs, and for groups `g` and their ids.
    """
    if _OPENING not in html:
        return html

    def replace(found: "regex.Match[str]") -> str:
        text, value = found[1], resolve(found[1])
        if value is None:
            return text
        if text.startswith("#"):
            return f'<a class="room-link" href="{value}">{text}</a>'
        if value.startswith("g"):
            return f'<a data-group="{value[1:]}" href="/groups/{value[1:]}/">{text}</a>'
        return f'<bdi data-mention="{value}">{text}</bdi>'

    return _CANDIDATE.sub(replace, html)


def _find_mentions(state: StateCore) -> None:
    quotes, left = 0, MAX_MENTIONS
    for block in state.tokens:
        quotes += block.nesting if block.type.startswith("blockquote_") else 0
        if block.children and not quotes and left and _SIGN.search(block.content):
            block.children, found = _split(block.children, left)
            left -= found


def _split(children: Sequence[Token], limit: int) -> tuple[list[Token], int]:
    """Return the tokens with up to `limit` mentions outside links as tokens of their own, and the number of these."""
    tokens: list[Token] = []
    links = found = 0
    for token in children:
        links += token.nesting if token.type.startswith("link_") else 0
        if token.type != "text" or links or not _SIGN.search(token.content):
            tokens.append(token)
            continue
        end = 0
        for name in _NAME.finditer(token.content):
            if found == limit:
                break
            found += 1
            tokens += [_token("text", token, token.content[end : name.start()]), _token("mention", token, name[0])]
            end = name.end()
        tokens.append(_token("text", token, token.content[end:]))
    return tokens, found


def _token(kind: str, like: Token, content: str) -> Token:
    return Token(kind, "", 0, content=content, level=like.level)


def _render_mention(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return f"{_OPENING}{escapeHtml(tokens[index].content)}{_CLOSING}"
