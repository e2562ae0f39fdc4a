"""Renders Markdown as safe HTML, once, when a message is posted or edited.

markdown-it generates the HTML and nh3 sanitises it again, so that a vulnerability in one of them is not enough. Raw
HTML is disabled, and so are images, since a remote image reveals its readers to its host.
"""

import html
import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

# Nine out of ten messages contain no character that could be part of markup or a link, so they need no parser. The
# pattern has no nested repetition, which would let a hostile message block the server.
_PLAIN = re.compile(r"(?!\d{1,9}[.)])\w[\w ,;?!.'\"()…’“”–/%+=-]*")
_INLINE_TAG = re.compile(r"</?(?:strong|em|s|code|a|span)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_NO_DOT_INSIDE = re.compile(r"\.\S")

LANGUAGES = frozenset(
    "bash c c++ cpp css diff docker dockerfile go golang graphql html ini java javascript js json kotlin lua "
    "md markdown php powershell py python python3 rb ruby rust rs scala sh shell sql swift toml ts tsx typescript "
    "xml yaml yml".split()
)
# Longer code isn't highlighted, because some of Pygments' regular expressions take quadratic time for hostile text.
MAX_HIGHLIGHTED = 2_000

_formatter = HtmlFormatter(nowrap=True)


def _highlight(code: str, language: str, _attributes: str) -> str:
    name = language.lower()
    if name not in LANGUAGES or len(code) > MAX_HIGHLIGHTED:
        return escapeHtml(code)
    return highlight(code, get_lexer_by_name(name, stripnl=False), _formatter)


_markdown = (
    MarkdownIt(
        "commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 12, "highlight": _highlight}
    )
    .enable(["linkify", "strikethrough", "table"])
    .disable(["image", "html_block", "html_inline", "lheading"])
)
assert _markdown.linkify is not None
# Only URLs with a scheme become links, unlike 'main.py' and 'a.b'.
_markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def _demote_heading(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render headings as h4 to h6, below the levels of the page's own headings."""
    token = tokens[index]
    token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
    return renderer.renderToken(tokens, index, options, env)


_markdown.add_render_rule("heading_open", _demote_heading)
_markdown.add_render_rule("heading_close", _demote_heading)

_cleaner = nh3.Cleaner(
    tags=set("p br strong em s code pre a blockquote ul ol li hr h4 h5 h6 table thead tbody tr th td span".split()),
    attributes={"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
)


def render(body: str) -> str:
    """Return the safe HTML of a message's Markdown source."""
    if "_" not in body and _PLAIN.fullmatch(body) and not _NO_DOT_INSIDE.search(body):
        return f"<p>{html.escape(body.rstrip(), quote=False)}</p>"
    return _cleaner.clean(_markdown.render(body)).strip()


def excerpt(rendered: str, length: int = 140) -> str:
    """Return the beginning of a rendered message as one line of plain text, for quotes."""
    line = " ".join(html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", rendered))).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
