"""Reads the other server's answer as the text of a message."""

import html
import json
import re
from email.message import Message as Headers

from django.conf import settings

from integrations.models import OutgoingWebhook
from outbound.client import Response

Dialect = OutgoingWebhook.Dialect

_BREAK = re.compile(r"<br\b[^>]*>|</(?:p|div|li|h[1-6]|tr|blockquote|pre)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINES = re.compile(r"\n{3,}")


class InvalidAnswer(Exception):
    """The answer can't be posted."""


def answer_in(response: Response, dialect: str) -> str:
    """Return the text to post, or "" if there is none. Raises InvalidAnswer."""
    if not response.body.strip():
        return ""
    headers = Headers()
    headers["Content-Type"] = response.headers.get("content-type", "")
    kind, charset = headers.get_content_type(), headers.get_content_charset("utf-8")
    try:
        text = response.body.decode(charset, errors="replace")
    except LookupError:
        raise InvalidAnswer(f"the answer is encoded as {charset[:20]}") from None
    if dialect == Dialect.CAMPFIRE:
        return _shorten({"text/plain": text, "text/html": _from_html(text)}.get(kind, ""))
    return _shorten(_text_in(text, is_complete=response.is_complete)) if kind == "application/json" else ""


def _text_in(text: str, *, is_complete: bool) -> str:
    """Return the "text" of a JSON object."""
    if not is_complete:
        raise InvalidAnswer("the answer is too long")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidAnswer("the answer isn't JSON as it says") from None
    found = answer.get("text", "") if isinstance(answer, dict) else ""
    if not isinstance(found, str):
        raise InvalidAnswer('the "text" of the answer isn\'t a string')
    return found


def _from_html(text: str) -> str:
    lines = _BREAK.sub("\n", _HIDDEN.sub("", " ".join(text.split())))
    plain = html.unescape(_TAG.sub("", lines))
    return _LINES.sub("\n\n", "\n".join(line.strip() for line in plain.splitlines()))


def _shorten(text: str) -> str:
    text = text.replace("\0", "").strip()
    most = settings.CHAT_MAX_BODY
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
