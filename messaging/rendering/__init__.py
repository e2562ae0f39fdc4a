"""Renders a message's Markdown, once, when it is posted or edited.

Both the work and the size of the result are limited, because the result is sent to everyone in the room. Text that
exceeds a limit is shown as plain text, and so is text of which Markdown would hide a part. If it may contain a spoiler,
all of it becomes one. Mentions add to the size once they are known: at most 50 characters each (see `mentions`).
"""

import logging
from typing import NamedTuple

from messaging.rendering.budget import TooComplex
from messaging.rendering.excerpt import make_excerpt
from messaging.rendering.markdown import render_markdown
from messaging.rendering.plain import is_plain, render_plain
from messaging.rendering.spoilers import cover_paragraph, may_have_spoiler
from messaging.rendering.visible_text import shows_all

logger = logging.getLogger(__name__)

MAX_GROWTH = 4  # characters of HTML per character of the source
MAX_MARKUP = 4_096  # additional characters of HTML


class Rendered(NamedTuple):
    """A message's safe HTML, a line of plain text for quotes, and the links that may have previews."""

    html: str
    excerpt: str
    links: tuple[str, ...] = ()


EMPTY = Rendered("", "")


def render(body: str) -> Rendered:
    """Render Markdown in at most about 20 ms, to at most MAX_GROWTH times its length plus MAX_MARKUP characters."""
    html, links = (render_plain(body), []) if is_plain(body) else _render_markup(body)
    return Rendered(html, make_excerpt(html), tuple(links))


def _render_markup(body: str) -> tuple[str, list[str]]:
    rendered = _render_within_limits(body)
    if rendered is not None:
        return rendered
    paragraph = render_plain(body)
    return cover_paragraph(paragraph) if may_have_spoiler(body) else paragraph, []


def _render_within_limits(body: str) -> tuple[str, list[str]] | None:
    limit = MAX_GROWTH * len(body) + MAX_MARKUP
    try:
        html, links = render_markdown(body)
    except TooComplex:
        return None
    except Exception:  # a bug in the parser must not prevent posting
        logger.exception("a message could not be rendered")
        return None
    return (html, links) if len(html) <= limit and shows_all(body, html) else None
