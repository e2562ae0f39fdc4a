"""Renders text exactly as it was written."""

import re

# Nine out of ten messages contain no character that could be part of markup or a link, so they need no parser. The
# pattern has no nested repetition, which would let a hostile message block the server.
_PLAIN = re.compile(r"(?!\d{1,9}[.)])\w[\w ,;?!.'\"()…’“”–/%+=-]*")
_NO_DOT_INSIDE = re.compile(r"\.\S")

# An ampersand that cannot begin a character reference needs no escaping, which would make it five times as long.
_AMPERSAND = re.compile(r"&(?=[#A-Za-z])")


def is_plain(body: str) -> bool:
    """Return whether the text certainly contains no markup."""
    return "_" not in body and _PLAIN.fullmatch(body) is not None and not _NO_DOT_INSIDE.search(body)


def render_plain(body: str) -> str:
    """Return the text as an HTML paragraph, which is at most four times as long plus seven characters."""
    escaped = _AMPERSAND.sub("&amp;", body.strip("\r\n").rstrip()).replace("<", "&lt;").replace(">", "&gt;")
    return f"<p>{'<br>'.join(escaped.splitlines())}</p>"
