"""Builds the request that runs a command: what was typed, in the format that the other server expects."""

import hashlib
import hmac
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from accounts.models import User
from integrations.models import SlashCommand, SlashCommandRun
from integrations.servers.requests import FORM, JSON, Request, signed_headers
from integrations.servers.signatures import token_of
from integrations.slash_commands.response_urls import url_of
from rooms.models import Room, room_url
from rooms.serializers import serialize_person

EVENT = "command.run"
CONVERSATION = "directmessage"  # Slack's name of a channel between people


class Invocation(NamedTuple):
    """The contents of a request. `secret`: signs the request. `response_secret`: in the URL for later answers."""

    run: SlashCommandRun
    command: SlashCommand
    user: User
    room: Room
    text: str
    secret: str
    response_secret: str


def make_request(invocation: Invocation) -> Request:
    is_own = invocation.command.dialect == SlashCommand.Dialect.OWN
    kind, body = (JSON, _own(invocation)) if is_own else (FORM, _form(invocation))
    return Request(invocation.command.url, _headers(invocation, kind, body), body)


def _own(invocation: Invocation) -> bytes:
    run, command, user, room = invocation[:4]
    data: dict[str, Any] = {
        "event": EVENT,
        "run": str(run.pk),
        "command": f"/{command.name}",
        "text": invocation.text,
        "room": {
            "id": room.pk,
            "name": room.name,
            "slug": room.slug,
            "url": f"{command.origin}{room_url(room.pk)}",
        },
        "thread": run.thread_id,
        "user": serialize_person(user),
        "response_url": url_of(command.origin, invocation.response_secret),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _form(invocation: Invocation) -> bytes:
    run, command, user, room = invocation[:4]
    host = urlsplit(command.origin).hostname or ""
    fields = {
        "token": token_of(invocation.secret),
        "team_id": host,
        "team_domain": host,
        "channel_id": room.pk,
        "channel_name": room.slug or CONVERSATION,
        "user_id": user.pk,
        "user_name": user.username,
        "command": f"/{command.name}",
        "text": invocation.text,
        "response_url": url_of(command.origin, invocation.response_secret),
        "trigger_id": run.pk.hex,
    }
    if run.thread_id is not None:
        fields["thread_ts"] = run.thread_id
    return urlencode(fields).encode()


def _headers(invocation: Invocation, content_type: str, body: bytes) -> dict[str, str]:
    secret, run = invocation.secret, invocation.run.pk
    headers = signed_headers(secret, body, content_type, agent="Chatsite-Command/1", event=EVENT, delivery=run)
    if invocation.command.dialect == SlashCommand.Dialect.SLACK:
        timestamp = headers["X-Chatsite-Timestamp"]
        headers["X-Slack-Request-Timestamp"] = timestamp
        headers["X-Slack-Signature"] = _slack_signature(secret, timestamp, body)
    return headers


def _slack_signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature that Slack's libraries check, for which our secret is the “signing secret”."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    return f"v0={digest.hexdigest()}"
