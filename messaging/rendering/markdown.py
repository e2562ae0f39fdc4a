"""Renders Markdown as safe HTML.

markdown-it generates safe HTML, and nh3 sanitizes it again in case of a vulnerability in markdown-it. Raw HTML is
disabled, and so are images, because a remote image reveals its readers to its host: they become links. Link definitions
and character references are disabled because they would hide part of the source.
"""

import re
from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, linkify
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from messaging.rendering.budget import Budget, TooComplex
from messaging.rendering.code_blocks import LANGUAGES, MAX_HIGHLIGHTED, CodeBlock
from messaging.rendering.highlighting import highlighter
from messaging.rendering.image_links import use_image_links
from messaging.rendering.links import LinkFinder, count_searches, length_of_word
from messaging.rendering.mentions import use_mentions
from messaging.rendering.previewed_links import LINKS, use_previewed_links
from messaging.rendering.spoilers import use_spoilers
from messaging.rendering.task_lists import use_task_lists

MAX_NESTING = 30  # of quotes, lists and emphasis

# Units of work, as measured for messages of 8,000 characters.
BLOCK_WORK = 3
CELL_WORK = 1
INLINE_WORK = 1
ADDRESS_WORK = 8  # in addition to 1 for SEARCHED characters
SEARCHED = 100
BRACKET_WORK = 8  # a search for the end of the link
TOKEN_WORK = 1

# Characters of HTML per character of highlighted code, and additional ones.
MAX_GROWTH = 2
MAX_MARKUP = 2_048

# Relative URLs lead to pages of this site.
_ALLOWED_ADDRESS = re.compile(r"(?:https?|mailto):|[^:]*(?:[/?#]|$)", re.IGNORECASE)

_AUTOLINK = re.compile(r"<[^<>\s]*[:@][^<>\s]*>")
_DELIMITERS = re.compile(r"([*_~|])\1*")

_TAGS = "p br strong em s code pre a blockquote ul ol li hr h4 h5 h6 table thead tbody tr th td span bdi input"
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "span": {"class"},
    "ol": {"start"},
    "th": {"align"},
    "input": {"type", "disabled", "checked"},
}

_cleaner = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}, "input": {"type": "checkbox", "disabled": ""}},
    strip_comments=True,
)


def render_markdown(body: str) -> tuple[str, list[str]]:
    """Return safe HTML, and the links that may have previews. Raises TooComplex if it would take too much work."""
    env: dict[str, Any] = {"budget": Budget()}
    return _cleaner.clean(_markdown.render(body, env)).strip(), env[LINKS]


class _MarkdownIt(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Return whether a link may be rendered. Otherwise, its source is shown."""
        return _ALLOWED_ADDRESS.match(url.strip()) is not None


def _spend_on_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Count the work for a block, or for a line of a paragraph. A rule that matches nothing."""
    if state.level >= MAX_NESTING - 1:
        raise TooComplex  # the parser would drop the text of deeper blocks
    cells = state.src.count("|", state.bMarks[start_line], state.eMarks[start_line])
    state.env["budget"].spend(BLOCK_WORK + CELL_WORK * cells)
    return False


def _spend_on_inline(state: StateInline, silent: bool) -> bool:
    """Count the work for a part of a paragraph. A rule that matches nothing."""
    character, work = state.src[state.pos], INLINE_WORK
    if character == "[" or state.src.startswith("![", state.pos):
        work = BRACKET_WORK
    elif character == ":" and state.src.startswith("://", state.pos):
        work = ADDRESS_WORK + (len(state.pending) + length_of_word(state.src, state.pos)) // SEARCHED
    elif character == "<" and _AUTOLINK.match(state.src, state.pos):
        work = ADDRESS_WORK
    elif run := _DELIMITERS.match(state.src, state.pos):
        work = INLINE_WORK * len(run[0])
    state.env["budget"].spend(work)
    return False


def _linkify(state: StateCore) -> None:
    texts = [token for block in state.tokens for token in block.children or () if token.type == "text"]
    for token in texts:
        count, characters = count_searches(token.content)
        state.env["budget"].spend(ADDRESS_WORK * count + characters // SEARCHED)
    linkify(state)


def _spend_on_tokens(state: StateCore) -> None:
    """Count the work for rendering the tokens."""
    state.env["budget"].spend(TOKEN_WORK * sum(1 + len(token.children or ()) for token in state.tokens))


def _highlight(state: StateCore) -> None:
    """Highlight all code blocks together, unless they are too long."""
    fences = [token for token in state.tokens if token.type == "fence" and _language_of(token)]
    size = sum(len(token.content) for token in fences)
    if not fences or size > MAX_HIGHLIGHTED:
        return
    results = highlighter.highlight([CodeBlock(_language_of(token), token.content) for token in fences])
    if sum(map(len, results)) <= MAX_GROWTH * size + MAX_MARKUP:
        for token, result in zip(fences, results, strict=True):
            token.meta["highlighted"] = result


def _language_of(fence: Token) -> str:
    language = fence.info.strip().lower()
    return language if language in LANGUAGES else ""


def _render_fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render a code block. Text after the opening fence becomes its first line, unless it names a language."""
    token = tokens[index]
    if language := _language_of(token):
        code = token.meta.get("highlighted") or escapeHtml(token.content)
        return f'<pre><code class="language-{language}">{code}</code></pre>\n'
    first_line = f"{info}\n" if (info := token.info.strip()) else ""
    return f"<pre><code>{escapeHtml(first_line + token.content)}</code></pre>\n"


def _render_heading(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render headings as h4 to h6, below the levels of the page's own headings."""
    token = tokens[index]
    token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
    return renderer.renderToken(tokens, index, options, env)


def _render_header_cell(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render the alignment of a column, as an attribute of its header only, so that a large table stays small."""
    token = tokens[index]
    if style := token.attrs.pop("style", None):
        token.attrs["align"] = str(style).removeprefix("text-align:")
    return renderer.renderToken(tokens, index, options, env)


def _build() -> MarkdownIt:
    markdown = _MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": MAX_NESTING})
    markdown.linkify = LinkFinder()
    markdown.enable(["linkify", "strikethrough", "table"])
    markdown.disable(["image", "html_block", "html_inline", "lheading", "reference", "entity"])
    everywhere: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("table", "spend", _spend_on_block, everywhere)
    markdown.inline.ruler.before("text", "spend", _spend_on_inline)
    markdown.core.ruler.at("linkify", _linkify)
    markdown.core.ruler.push("spend", _spend_on_tokens)
    markdown.core.ruler.push("highlight", _highlight)
    markdown.add_render_rule("fence", _render_fence)
    markdown.add_render_rule("heading_open", _render_heading)
    markdown.add_render_rule("heading_close", _render_heading)
    markdown.add_render_rule("th_open", _render_header_cell)
    for use in (use_image_links, use_spoilers, use_task_lists, use_mentions, use_previewed_links):
        use(markdown)
    return markdown


_markdown = _build()
