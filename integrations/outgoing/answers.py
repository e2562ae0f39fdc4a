"""Reads the other server's answer as a message."""

import html
import json
import re
from email.message import Message as Headers
from typing import NamedTuple

from django.conf import settings

from integrations.aliases import read_alias
from integrations.models import OutgoingWebhook
from messaging.models.alias import NO_ALIAS, Alias
from outbound.client import Response

Dialect = OutgoingWebhook.Dialect

_BREAK = re.compile(r"<br\b[^>]*>|</(?:p|div|li|h[1-6]|tr|blockquote|pre)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINES = re.compile(r"\n{3,}")


class InvalidAnswer(Exception):
    """The answer can't be posted."""


class Answer(NamedTuple):
    """The text to post, or "", and the name and emoji that the answer chooses."""

    text: str = ""
    alias: Alias = NO_ALIAS


def answer_in(response: Response, dialect: str) -> Answer:
    """Return what to post. Raises InvalidAnswer."""
    if not response.body.strip():
        return Answer()
    headers = Headers()
    headers["Content-Type"] = response.headers.get("content-type", "")
    kind, charset = headers.get_content_type(), headers.get_content_charset("utf-8")
    try:
        text = response.body.decode(charset, errors="replace")
    except LookupError:
        raise InvalidAnswer(f"the answer is encoded as {charset[:20]}") from None
    if dialect == Dialect.CAMPFIRE:
        return Answer(_shorten({"text/plain": text, "text/html": _from_html(text)}.get(kind, "")))
    return _answer_in(text, is_complete=response.is_complete) if kind == "application/json" else Answer()


def _answer_in(text: str, *, is_complete: bool) -> Answer:
    """Return the "text" of a JSON object, with its "username" and "icon_emoji"."""
    if not is_complete:
        raise InvalidAnswer("the answer is too long")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidAnswer("the answer isn't JSON as it says") from None
    found = answer.get("text", "") if isinstance(answer, dict) else ""
    if not isinstance(found, str):
        raise InvalidAnswer('the "text" of the answer isn\'t a string')
    return Answer(_shorten(found), read_alias(answer))


def _from_html(text: str) -> str:
    lines = _BREAK.sub("\n", _HIDDEN.sub("", " ".join(text.split())))
    plain = html.unescape(_TAG.sub("", lines))
    return _LINES.sub("\n\n", "\n".join(line.strip() for line in plain.splitlines()))


def _shorten(text: str) -> str:
    text = text.replace("\0", "").strip()
    most = settings.CHAT_MAX_BODY
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
