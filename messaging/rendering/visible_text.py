"""The visible part of text and of HTML."""

import html
import re
import unicodedata
from collections import Counter

from markdown_it.common.normalize_url import normalizeLinkText

_TAG = re.compile(r"<[^>]*>")
_SHOWN_ATTRIBUTE = re.compile(r'\b(?:href="(?P<href>[^"]*)"|(?:title="|class="language-)(?P<text>[^"]*)")')
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_LIST_NUMBERS = re.compile(r"^[ \t>*+-]*(?:\d{1,9}[.)][ \t])+", re.MULTILINE)

_SPACES_AND_CONTROLS = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf", "Cs"))
# Invisible characters of other categories: fillers, blanks, joiners and variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def is_blank(text: str) -> bool:
    """Return whether the text consists of spaces and invisible characters."""
    return all(unicodedata.category(each) in _SPACES_AND_CONTROLS or _INVISIBLE.match(each) for each in text)


def shows_all(body: str, rendered: str) -> bool:
    """Return whether the HTML shows every letter and digit of its Markdown source. Blank HTML shows only blank text.

    List numbers are exempt, because browsers number the items themselves. A checked box shows the x of its source.
    """
    shown = html.unescape(_TAG.sub(_shown_attributes, rendered))
    if is_blank(shown):
        return is_blank(body)
    return Counter(_NOT_ALPHANUMERIC.sub("", _LIST_NUMBERS.sub("", body))) <= Counter(shown)


def _shown_attributes(tag: re.Match[str]) -> str:
    if tag[0].startswith("<input"):
        return "xX" if "checked" in tag[0] else ""
    found = _SHOWN_ATTRIBUTE.finditer(tag[0]) if '="' in tag[0] else ()
    return " ".join(
        normalizeLinkText(html.unescape(each["href"])) if each["href"] is not None else each["text"] for each in found
    )
