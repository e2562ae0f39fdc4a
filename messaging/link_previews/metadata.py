"""Reads what the head of a web page says about it, in time proportional to its length.

Parsers of whole documents take quadratic time for some hostile pages: `nh3` and `html.parser` took minutes for 512 KB.
"""

import html
import re
from collections.abc import Mapping
from typing import NamedTuple

from messaging.models.link_preview import MAX_DESCRIPTION, MAX_SITE, MAX_TITLE
from messaging.rendering.visible_text import is_blank

MAX_STEPS = 5_000  # tags and attributes
MAX_VALUE = 8_000  # characters of an attribute that are kept

_TITLES = ("og:title", "twitter:title", "title")
_SITES = ("og:site_name", "application-name")
_DESCRIPTIONS = ("og:description", "twitter:description", "description")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_NO_SNIPPET = re.compile(r"(?:^|[\s,:])(?:nosnippet|max-snippet\s*:\s*0)(?:$|[\s,])", re.IGNORECASE)

_TAG = re.compile(r"<(?:(!--)|(/?[a-z][a-z0-9]*+))", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[\s/]*+([^\s/>=]*+)(?:\s*+=\s*+([\"']?))?+")
_UNQUOTED = re.compile(r"[^\s>]*+")
_END = frozenset(("/head", "body"))
_OPAQUE = {  # elements whose content isn't markup, or isn't part of the page
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "noscript", "template", "textarea")
}
# Control characters, byte order marks, and marks that change the direction of what follows.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")


class Metadata(NamedTuple):
    """The metadata of a page, as plain text. `image`: a URL, which may be relative."""

    title: str
    site: str
    description: str
    image: str


def read_metadata(page: str, *, robots: str = "") -> Metadata:
    """Read the beginning of a page. `robots`: the header X-Robots-Tag."""
    found = _Head(page).read()
    has_snippet = not _NO_SNIPPET.search(robots) and not _NO_SNIPPET.search(found.get("robots", ""))
    return Metadata(
        _first(found, _TITLES, MAX_TITLE),
        _first(found, _SITES, MAX_SITE),
        _first(found, _DESCRIPTIONS, MAX_DESCRIPTION) if has_snippet else "",
        next((html.unescape(found[name]).strip() for name in _IMAGES if found.get(name)), ""),
    )


def clean_text(raw: str, most: int) -> str:
    """Return a line of text of at most `most` characters, without references and invisible characters."""
    text = " ".join(_UNSEEN.sub("", html.unescape(raw[:MAX_VALUE])).split())
    if is_blank(text):
        return ""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _first(found: Mapping[str, str], names: tuple[str, ...], most: int) -> str:
    return next((text for name in names if (text := clean_text(found.get(name, ""), most))), "")


class _Head:
    """The tags of a page's head. Each character is read a few times at most."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._position = 0
        self._steps = 0
        self._found: dict[str, str] = {}

    def read(self) -> dict[str, str]:
        """Return the contents of the meta elements by their names, and the title. The first of several counts."""
        while self._steps < MAX_STEPS and (tag := _TAG.search(self._page, self._position)):
            self._steps += 1
            self._position = tag.end()
            name = (tag[2] or "").lower()
            if name in _END:
                break
            if tag[1]:
                self._skip_to("-->")
                continue
            attributes = self._attributes()
            if name == "meta":
                self._keep(attributes.get("property") or attributes.get("name", ""), attributes.get("content", ""))
            elif name in _OPAQUE:
                content = self._content(name)
                if name == "title":
                    self._keep(name, content)
        return self._found

    def _keep(self, name: str, value: str) -> None:
        if name and value:
            self._found.setdefault(name.strip().lower()[:100], value)

    def _skip_to(self, end: str) -> str:
        """Return the text before `end`, or what is left, and continue after it."""
        start, found = self._position, self._page.find(end, self._position)
        self._position = found + len(end) if found >= 0 else len(self._page)
        return self._page[start : min(found if found >= 0 else len(self._page), start + MAX_VALUE)]

    def _content(self, name: str) -> str:
        start, end = self._position, _OPAQUE[name].search(self._page, self._position)
        self._position = end.end() if end else len(self._page)
        return self._page[start : min(end.start() if end else len(self._page), start + MAX_VALUE)]

    def _attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while self._steps < MAX_STEPS:
            self._steps += 1
            attribute = _ATTRIBUTE.match(self._page, self._position)
            if attribute is None or attribute.end() >= len(self._page):
                self._position = len(self._page)
                break
            is_end = self._page[attribute.end()] == ">" and not attribute[2]
            self._position = attribute.end()
            if attribute[2] is not None:
                attributes.setdefault(attribute[1].lower(), self._value(attribute[2]))
            elif is_end:
                self._position += 1
                break
        return attributes

    def _value(self, quote: str) -> str:
        if quote:
            return self._skip_to(quote)
        value = _UNQUOTED.match(self._page, self._position)
        self._position = value.end() if value else self._position
        return value[0][:MAX_VALUE] if value else ""
