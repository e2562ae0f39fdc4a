"""Links in place of images, and a text for links that have none."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token


def use_image_links(markdown: MarkdownIt) -> None:
    """Let a Markdown parser, whose images must be disabled, turn `![text](address)` into a link."""
    markdown.inline.ruler.before("link", "image_link", _parse_image)
    markdown.core.ruler.after("inline", "link_texts", _add_link_texts)


def _parse_image(state: StateInline, silent: bool) -> bool:
    """Parse an image as a link, except within the text of another link, because links can't be nested."""
    start = state.pos
    if silent or not state.src.startswith("![", start):
        return False
    state.pos += 1
    if link(state, silent):
        return True
    state.pos = start
    return False


def _add_link_texts(state: StateCore) -> None:
    """Show the address of a link without a text."""
    for block in state.tokens:
        children = block.children or []
        for index in range(len(children) - 1, 0, -1):
            if children[index].type == "link_close" and children[index - 1].type == "link_open":
                text = Token("text", "", 0)
                text.content = state.md.normalizeLinkText(str(children[index - 1].attrs["href"]))
                text.level = children[index].level + 1
                children.insert(index, text)
