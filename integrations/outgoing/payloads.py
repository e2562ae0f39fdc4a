"""Builds the body of a delivery: the message in the format that the other server expects."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing.triggers import first_word
from integrations.servers.requests import FORM, JSON
from integrations.servers.signatures import token_of
from messaging.history.events import serialize_for
from messaging.models import MessageRow
from messaging.rendering.excerpt import to_line
from rooms.models import room_url
from rooms.serializers import serialize_person

Dialect = OutgoingWebhook.Dialect

EVENT = "message.posted"


class Payload(NamedTuple):
    content_type: str
    body: bytes


def make_payload(delivery: OutgoingDelivery, message: MessageRow, secret: str) -> Payload:
    return _MAKERS[Dialect(delivery.webhook.dialect)](delivery, message, secret)


def _own(delivery: OutgoingDelivery, message: MessageRow, secret: str) -> Payload:
    webhook = delivery.webhook
    [serialized] = serialize_for(webhook.bot, message)
    return _json(
        {
            "event": EVENT,
            "delivery": str(delivery.pk),
            "webhook": webhook.pk,
            "room": {
                "id": webhook.room_id,
                "name": webhook.room.name,
                "slug": webhook.room.slug,
                "url": f"{webhook.origin}{room_url(webhook.room_id)}",
            },
            "bot": serialize_person(webhook.bot),
            "message": serialized,
            "url": f"{webhook.origin}{_path(message)}",
        }
    )


def _slack(delivery: OutgoingDelivery, message: MessageRow, secret: str) -> Payload:
    webhook = delivery.webhook
    host = urlsplit(webhook.origin).hostname or ""
    fields = {
        "token": token_of(secret),
        "team_id": host,
        "team_domain": host,
        "channel_id": webhook.room_id,
        "channel_name": webhook.room.slug,
        "timestamp": f"{message.created_at.timestamp():.6f}",
        "user_id": message.sender.pk,
        "user_name": message.sender.username,
        "post_id": message.pk,
        "text": message.body,
        "trigger_word": _trigger_word(webhook, message),
    }
    return Payload(FORM, urlencode(fields).encode())


def _campfire(delivery: OutgoingDelivery, message: MessageRow, secret: str) -> Payload:
    webhook, sender = delivery.webhook, message.sender
    return _json(
        {
            "user": {"id": sender.pk, "name": sender.name},
            "room": {"id": webhook.room_id, "name": webhook.room.name, "path": room_url(webhook.room_id)},
            "message": {
                "id": message.pk,
                "body": {"html": message.html, "plain": to_line(message.html)},
                "path": _path(message),
            },
        }
    )


_MAKERS: dict[Dialect, Callable[[OutgoingDelivery, MessageRow, str], Payload]] = {
    Dialect.OWN: _own,
    Dialect.SLACK: _slack,
    Dialect.CAMPFIRE: _campfire,
}


def _trigger_word(webhook: OutgoingWebhook, message: MessageRow) -> str:
    if webhook.trigger == OutgoingWebhook.Trigger.MENTION:
        return f"@{webhook.bot.username}"
    return first_word(message.body, webhook.word_list)


def _path(message: MessageRow) -> str:
    return f"{room_url(message.room_id)}messages/{message.seq}/"


def _json(data: dict[str, Any]) -> Payload:
    return Payload(JSON, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
