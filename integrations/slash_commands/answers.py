"""Reads the answer of a command's server: a text, and who sees it."""

import json
from email.message import Message as Headers
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from django.conf import settings

from integrations.incoming.markdown import clean
from integrations.incoming.payload import PayloadError, read_slack_post
from integrations.incoming.slack.mrkdwn import convert
from integrations.incoming.splitting import split
from integrations.models import SlashCommand

MAX_FORM_FIELDS = 50
IN_CHANNEL, EPHEMERAL = "in_channel", "ephemeral"
TRUE = (True, "true")  # the latter as in Slack's examples

Dialect = SlashCommand.Dialect


class InvalidAnswer(Exception):
    """The answer can't be shown."""


class Answer(NamedTuple):
    """A text in Markdown, for the room or only for the person who ran the command.

    replaces: the run's earlier answers that only that person sees. Without a text, they are only removed.
    """

    text: str
    is_public: bool
    replaces: bool = False


def read_answer(content_type: str, body: bytes, dialect: str) -> Answer | None:
    """Return the answer, or None if it has no text. Raises InvalidAnswer."""
    if not body.strip():
        return None
    headers = Headers()
    headers["Content-Type"] = content_type
    kind = headers.get_content_type()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidAnswer("the answer isn't UTF-8") from None
    if kind == "application/x-www-form-urlencoded":
        kind, text = "application/json", _payload_in(text)
    if kind == "application/json" or text.lstrip().startswith("{"):
        return _from_object(_parsed(text), dialect)
    return _shortened(_from_text(text, dialect), is_public=False) if kind == "text/plain" else None


def _payload_in(text: str) -> str:
    """Return the JSON in the field `payload` of a form."""
    try:
        return parse_qs(text, max_num_fields=MAX_FORM_FIELDS).get("payload", [""])[0]
    except ValueError:
        raise InvalidAnswer("the form has too many fields") from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidAnswer("the answer isn't JSON as it says") from None
    if not isinstance(data, dict):
        raise InvalidAnswer("the answer isn't a JSON object")
    return data


def _from_object(data: dict[str, Any], dialect: str) -> Answer | None:
    if data.get("delete_original") in TRUE:
        return Answer("", is_public=False, replaces=True)
    text = _from_own(data) if dialect == Dialect.OWN else _from_slack(data, dialect)
    answer = _shortened(text, is_public=data.get("response_type") == IN_CHANNEL)
    return answer and answer._replace(replaces=data.get("replace_original") in TRUE)


def _from_own(data: dict[str, Any]) -> str:
    text = data.get("text", "")
    if not isinstance(text, str):
        raise InvalidAnswer('the "text" of the answer isn\'t a string')
    return text


def _from_slack(data: dict[str, Any], dialect: str) -> str:
    try:
        return read_slack_post(data, is_markdown=dialect == Dialect.MATTERMOST).body
    except PayloadError as error:
        if error.word == "no_text":
            return ""
        raise InvalidAnswer(error.detail) from None


def _from_text(text: str, dialect: str) -> str:
    return convert(text) if dialect == Dialect.SLACK else text


def _shortened(text: str, *, is_public: bool) -> Answer | None:
    text = clean(text).strip()
    if not text:
        return None
    most = settings.CHAT_MAX_BODY
    if len(text) > most:
        text = f"{split(text, most - 2)[0]}\n…"
    return Answer(text, is_public)
