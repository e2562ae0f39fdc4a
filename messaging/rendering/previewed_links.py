"""Collects the links of a message that may have previews: not those in quotes and spoilers, or in angle brackets."""

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

MAX_LINKS = 20  # collected from each message

LINKS = "links"  # the key of the list in the parser's environment
_WEB = ("https://", "http://")


def use_previewed_links(markdown: MarkdownIt) -> None:
    """Let a Markdown parser, which must have resolved all links by then, collect them in its environment."""
    markdown.core.ruler.push("previewed_links", _collect)


def _collect(state: StateCore) -> None:
    found: list[str] = []
    quotes = 0
    for block in state.tokens:
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(block.type, 0)
        if not quotes and block.children and len(found) < MAX_LINKS:
            found += _links_in(block.children)
    state.env[LINKS] = found[:MAX_LINKS]


def _links_in(tokens: list[Any]) -> list[str]:
    found, spoilers = [], 0
    for token in tokens:
        spoilers += {"spoiler_open": 1, "spoiler_close": -1}.get(token.type, 0)
        if token.type == "link_open" and token.markup != "autolink" and not spoilers:
            url = str(token.attrs.get("href", ""))
            if url.lower().startswith(_WEB):
                found.append(url)
    return found
