"""Markdown to safe HTML, once, when a message is written.

markdown-it makes the HTML and nh3 checks it again: what a hole in the first lets through, the second
stops. Images are off (a picture from elsewhere tells its host who reads), raw HTML is off.
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

# Text in which nothing could be markup or a link needs no parser; nine of ten messages are such. Each
# character is looked at once: a pattern with nested repetition would let a message stop the server.
_PLAIN = re.compile(r"(?!\d{1,9}[.)])\w[\w ,;?!.'\"()…’“”–/%+=-]*")
_INLINE_TAG = re.compile(r"</?(?:strong|em|s|code|a|span)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_NO_DOT_INSIDE = re.compile(r"\.\S")

LANGUAGES = frozenset(
    "bash c c++ cpp css diff docker dockerfile go golang graphql html ini java javascript js json kotlin lua "
    "md markdown php powershell py python python3 rb ruby rust rs scala sh shell sql swift toml ts tsx typescript "
    "xml yaml yml".split()
)
# Pygments' lexers are regular expressions, some of them quadratic in hostile text: what is longer stays plain.
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
# 'main.py' and 'a.b' are not addresses: only what names its scheme becomes a link.
_markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def _below_the_pages_own(
    renderer: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType
) -> str:
    """A message's headings begin below those of the page: h4 to h6."""
    token = tokens[place]
    token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
    return renderer.renderToken(tokens, place, options, env)


_markdown.add_render_rule("heading_open", _below_the_pages_own)
_markdown.add_render_rule("heading_close", _below_the_pages_own)

_cleaner = nh3.Cleaner(
    tags=set("p br strong em s code pre a blockquote ul ol li hr h4 h5 h6 table thead tbody tr th td span".split()),
    attributes={"a": {"href", "title"}, "code": {"class"}, "span": {"class"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
)


def render(body: str) -> str:
    """Safe HTML of a message's Markdown source."""
    if "_" not in body and _PLAIN.fullmatch(body) and not _NO_DOT_INSIDE.search(body):
        return f"<p>{html.escape(body.rstrip(), quote=False)}</p>"
    return _cleaner.clean(_markdown.render(body)).strip()


def excerpt(rendered: str, length: int = 140) -> str:
    """The beginning of a rendered message as one line of plain text, for a quotation."""
    line = " ".join(html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", rendered))).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
