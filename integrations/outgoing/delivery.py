"""Makes one attempt to deliver a message to a webhook's server."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils import timezone

from integrations.encryption import Unreadable, decrypt
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.models.server_integration import MAX_REASON
from integrations.outgoing.payloads import EVENT, make_payload
from integrations.outgoing.queue import Kind, Outcome
from integrations.servers.requests import MAX_TEXT, Request, clean, signed_headers
from messaging.history.journal import find_message, floor_of
from outbound.client import Response
from rooms.models import Membership

SECONDS = 10.0
MAX_FILE = 2_000_000  # bytes of an answer in Campfire's format; up to 40 are in memory at a time
MAX_RETRY_AFTER = 6 * 3_600.0


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
    headers = signed_headers(
        secret, payload.body, payload.content_type, agent="Chatsite-Webhook/1", event=EVENT, delivery=delivery.pk
    )
    max_answer = MAX_FILE if webhook.dialect == OutgoingWebhook.Dialect.CAMPFIRE else MAX_TEXT
    return Request(webhook.url, headers, payload.body, max_answer)


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
