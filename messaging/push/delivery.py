"""Sends one notification to one device, and tells what came of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import NamedTuple

from django.utils import timezone

from messaging.models import PushSubscription
from messaging.models.push import MAX_REASON
from messaging.push import base64url
from messaging.push.encryption import MAX_PLAINTEXT, ReceiverKeys, encrypt
from messaging.push.services import check_endpoint
from messaging.push.vapid import vapid_key
from outbound.client import Client, Response
from outbound.guard import NotAllowed

SHORTENED = (MAX_PLAINTEXT, 1_000, 400)  # bytes, if a push service finds a message too long
MAX_RETRY_AFTER = 6 * 3600.0
MAX_TOPIC = 32

# How push services say that a subscription was made for another key.
_OTHER_KEY = re.compile(r"VapidPkHashMismatch|do not correspond|key mismatch|mismatched", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[^ -~]+")


class Kind(Enum):
    """The kind of result of an attempt. GONE: the subscription no longer exists. LATER: it may work later."""

    DELIVERED = auto()
    GONE = auto()
    REFUSED = auto()
    LATER = auto()


RESULTS = {
    Kind.DELIVERED: PushSubscription.Result.DELIVERED,
    Kind.REFUSED: PushSubscription.Result.REFUSED,
    Kind.LATER: PushSubscription.Result.UNREACHABLE,
}


class Outcome(NamedTuple):
    """The result of an attempt. `reason`: for admins and users. `retry_after`: seconds, as the push service says.

    is_unreachable: whether the push service gave no proper response, so that others would fail as well.
    """

    kind: Kind
    reason: str = ""
    retry_after: float = 0.0
    is_unreachable: bool = False


class Envelope(NamedTuple):
    """How to deliver a notification. `topic`: replaces an earlier one with the same topic. `ttl`: in seconds."""

    topic: str
    urgency: str
    ttl: int


def deliver(
    subscription: PushSubscription, envelope: Envelope, payload: Callable[[int], bytes], client: Client
) -> Outcome:
    """Send a notification. `payload` returns its content in at most so many bytes."""
    outcome = Outcome(Kind.REFUSED)
    try:
        for size in SHORTENED:
            response = _send(subscription, envelope, payload(size), client)
            outcome = _outcome(response, subscription)
            if response.status != 413:
                break
    except NotAllowed as error:  # perhaps only for now, if the name service is broken
        return Outcome(Kind.REFUSED, _clean(str(error)))
    except (OSError, ValueError) as error:
        return Outcome(Kind.LATER, _clean(str(error) or type(error).__name__), is_unreachable=True)
    return outcome


def _send(subscription: PushSubscription, envelope: Envelope, payload: bytes, client: Client) -> Response:
    endpoint = subscription.endpoint
    check_endpoint(endpoint)
    keys = ReceiverKeys(base64url.decode(subscription.p256dh), base64url.decode(subscription.auth))
    headers = {
        "Authorization": vapid_key().authorization(endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(envelope.ttl),
        "Urgency": envelope.urgency,
        "Topic": envelope.topic,
    }
    return client.send("POST", endpoint, headers, encrypt(payload, keys)).result()


def _outcome(response: Response, subscription: PushSubscription) -> Outcome:
    status, text = response.status, response.body.decode(errors="replace")
    reason = _clean(f"HTTP {status} {text}")
    if 200 <= status < 300:
        return Outcome(Kind.DELIVERED)
    if status in (404, 410):
        return Outcome(Kind.GONE, reason)
    if status in (400, 401, 403):
        is_for_another_key = subscription.server_key != vapid_key().public or _OTHER_KEY.search(text)
        return Outcome(Kind.GONE if is_for_another_key else Kind.REFUSED, reason)
    if status == 429 or status >= 500:
        after = _retry_after(response.headers.get("retry-after", ""))
        return Outcome(Kind.LATER, reason, after, is_unreachable=status >= 500)
    return Outcome(Kind.REFUSED, reason)


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


def _clean(reason: str) -> str:
    return _UNPRINTABLE.sub(" ", reason).strip()[:MAX_REASON]
