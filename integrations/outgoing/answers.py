"""Reads the other server's answer as a message."""

import json
from email.message import Message as Headers
from mimetypes import guess_extension
from typing import NamedTuple

from django.conf import settings

from integrations.aliases import read_alias
from integrations.models import OutgoingWebhook
from integrations.outgoing.files import File
from integrations.outgoing.html_text import text_of
from integrations.servers.requests import MAX_TEXT
from messaging.attachments.filenames import clean_name
from messaging.models.alias import NO_ALIAS, Alias
from outbound.client import Response

Dialect = OutgoingWebhook.Dialect

TEXT_TYPES = ("text/plain", "text/html")


class InvalidAnswer(Exception):
    """The answer can't be posted."""


class Answer(NamedTuple):
    """The text and file to post, if there are any, and the name and emoji that the answer chooses."""

    text: str = ""
    alias: Alias = NO_ALIAS
    file: File | None = None


def answer_in(response: Response, dialect: str) -> Answer:
    """Return what to post. Raises InvalidAnswer."""
    if not response.body.strip():
        return Answer()
    headers = Headers()
    headers["Content-Type"] = response.headers.get("content-type", "")
    headers["Content-Disposition"] = response.headers.get("content-disposition", "")
    kind = headers.get_content_type()
    if dialect != Dialect.CAMPFIRE:
        return _answer_in(_decode(response, headers), response) if kind == "application/json" else Answer()
    if kind not in TEXT_TYPES:
        return Answer(file=_file_in(response, headers, kind))
    text = _decode(response, headers)
    return Answer(_shorten(text_of(text) if kind == "text/html" else text))


def _decode(response: Response, headers: Headers) -> str:
    charset = headers.get_content_charset("utf-8")
    try:
        return response.body[:MAX_TEXT].decode(charset, errors="replace")
    except LookupError:
        raise InvalidAnswer(f"the answer is encoded as {charset[:20]}") from None


def _file_in(response: Response, headers: Headers, kind: str) -> File:
    """Return a file, named as the server says or after its type."""
    if not response.is_complete:
        raise InvalidAnswer("the file is too large")
    name = clean_name(headers.get_filename() or f"answer{guess_extension(kind) or ''}")
    return File(name, kind, response.body)


def _answer_in(text: str, response: Response) -> Answer:
    """Return the "text" of a JSON object, with its "username" and "icon_emoji"."""
    if not response.is_complete or len(response.body) > MAX_TEXT:
        raise InvalidAnswer("the answer is too long")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidAnswer("the answer isn't JSON as it says") from None
    found = answer.get("text", "") if isinstance(answer, dict) else ""
    if not isinstance(found, str):
        raise InvalidAnswer('the "text" of the answer isn\'t a string')
    return Answer(_shorten(found), read_alias(answer))


def _shorten(text: str) -> str:
    text = text.replace("\0", "").strip()
    most = settings.CHAT_MAX_BODY
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
