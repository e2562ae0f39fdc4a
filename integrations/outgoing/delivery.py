"""Makes one attempt to deliver a message to a webhook's server."""

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from integrations.encryption import Unreadable, decrypt
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.models.server_integration import MAX_REASON
from integrations.outgoing.answers import MAX_TEXT
from integrations.outgoing.payloads import EVENT, Payload, make_payload
from integrations.outgoing.queue import Kind, Outcome
from integrations.servers.signatures import sign
from messaging.history.journal import find_message, floor_of
from outbound.client import Client, Limits, Response
from outbound.guard import Guard
from rooms.models import Membership

SECONDS = 10.0
MAX_FILE = 2_000_000  # bytes of an answer in Campfire's format; up to 40 are in memory at a time
MAX_RETRY_AFTER = 6 * 3_600.0
PER_HOST = 8  # requests at a time, for all webhooks together
REDIRECTS = 3

_UNPRINTABLE = re.compile(r"[^ -~]+")


class Request(NamedTuple):
    url: str
    headers: dict[str, str]
    body: bytes
    max_answer: int = MAX_TEXT


def webhook_client() -> Client:
    """Return a client for the servers of webhooks."""
    guard = Guard.allowing(settings.CHAT_OUTGOING_ALLOWED_HOSTS)
    return Client(guard, Limits(seconds=SECONDS, max_body=MAX_TEXT, per_host=PER_HOST, redirects=REDIRECTS))


def compose(delivery: OutgoingDelivery) -> Request | Outcome:
    """Return the request for a delivery, with the message as it is now and as the webhook's bot sees it."""
    webhook = delivery.webhook
    bot, room_id = webhook.bot, webhook.room_id
    is_member = Membership.objects.visible().filter(user=bot, room=room_id).exists()
    floor = floor_of(bot, room_id)
    message = find_message(room_id, delivery.message_id, viewer=bot, floor=floor) if is_member else None
    if message is None or message.deleted_at is not None or not bot.is_active:
        return Outcome(Kind.DROPPED, "the bot no longer sees the message")
    try:
        secret = decrypt(webhook.secret)
    except Unreadable as error:
        return Outcome(Kind.LATER, clean(str(error)), is_unavailable=True)
    payload = make_payload(delivery, message, secret)
    max_answer = MAX_FILE if webhook.dialect == OutgoingWebhook.Dialect.CAMPFIRE else MAX_TEXT
    return Request(webhook.url, _headers(delivery, payload, secret), payload.body, max_answer)


def outcome_of(response: Response) -> Outcome:
    """Return what an answer means. Whatever isn't a success is tried again, except for 410."""
    status = response.status
    if 200 <= status < 300:
        return Outcome(Kind.DELIVERED, status=status)
    reason = clean(f"HTTP {status} {response.body[:MAX_REASON].decode(errors='replace')}")
    if status == 410:
        return Outcome(Kind.GONE, reason, status)
    retry_after = _retry_after(response.headers.get("retry-after", ""))
    return Outcome(Kind.LATER, reason, status, retry_after, is_unavailable=status == 429 or status >= 500)


def clean(reason: str) -> str:
    return _UNPRINTABLE.sub(" ", reason).strip()[:MAX_REASON]


def _headers(delivery: OutgoingDelivery, payload: Payload, secret: str) -> dict[str, str]:
    timestamp = int(time.time())
    return {
        "Content-Type": payload.content_type,
        "User-Agent": "Chatsite-Webhook/1",
        "X-Chatsite-Event": EVENT,
        "X-Chatsite-Delivery": str(delivery.pk),
        "X-Chatsite-Timestamp": str(timestamp),
        "X-Chatsite-Signature": sign(secret, timestamp, payload.body),
    }


def _retry_after(value: str) -> float:
    """Parse seconds or a date. Return 0 for anything else."""
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER)
    try:
        at: datetime = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - timezone.now()).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)
