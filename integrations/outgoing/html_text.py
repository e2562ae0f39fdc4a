"""Turns HTML into plain text, in one pass: whatever another server sends, it takes time in proportion to its length."""

import html
import re

_PART = re.compile(r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)?[^<>]*>|[^<]+|<", re.IGNORECASE)
_HIDDEN = frozenset({"script", "style", "head"})
_BLOCKS = frozenset({"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "blockquote", "pre"})
_LINES = re.compile(r"\n{3,}")


def text_of(source: str) -> str:
    """Return the visible text. Blocks and `<br>` end a line."""
    kept: list[str] = []
    hidden = ""  # the element whose content is left out, until its end
    for part in _PART.finditer(" ".join(source.split())):
        tag, is_end = (part["tag"] or "").lower(), bool(part["end"])
        if hidden:
            hidden = "" if is_end and tag == hidden else hidden
        elif tag in _HIDDEN and not is_end:
            hidden = tag
        elif tag == "br" or (is_end and tag in _BLOCKS):
            kept.append("\n")
        elif not part[0].startswith("<") or part[0] == "<":
            kept.append(part[0])
    lines = html.unescape("".join(kept)).splitlines()
    return _LINES.sub("\n\n", "\n".join(line.strip() for line in lines))
