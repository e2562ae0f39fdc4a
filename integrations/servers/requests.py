"""Requests to servers: signed, through the guarded client."""

import re
import time
from typing import NamedTuple

from django.conf import settings

from integrations.models.server_integration import MAX_REASON
from integrations.servers.signatures import sign
from outbound.client import Client, Limits
from outbound.guard import Guard

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
MAX_TEXT = 65_536  # bytes of an answer
PER_HOST = 8  # requests at a time, for all integrations of a kind together
REDIRECTS = 3

_UNPRINTABLE = re.compile(r"[^ -~]+")


class Request(NamedTuple):
    url: str
    headers: dict[str, str]
    body: bytes
    max_answer: int = MAX_TEXT


def server_client(seconds: float) -> Client:
    """Return a client for the servers of integrations, which waits so long for an answer."""
    guard = Guard.allowing(settings.CHAT_OUTGOING_ALLOWED_HOSTS)
    return Client(guard, Limits(seconds=seconds, max_body=MAX_TEXT, per_host=PER_HOST, redirects=REDIRECTS))


def signed_headers(
    secret: str, body: bytes, content_type: str, *, agent: str, event: str, delivery: object
) -> dict[str, str]:
    """Return the headers of a request. `delivery`: its id, which stays the same if it is repeated."""
    timestamp = int(time.time())
    return {
        "Content-Type": content_type,
        "User-Agent": agent,
        "X-Chatsite-Event": event,
        "X-Chatsite-Delivery": str(delivery),
        "X-Chatsite-Timestamp": str(timestamp),
        "X-Chatsite-Signature": sign(secret, timestamp, body),
    }


def clean(reason: str) -> str:
    """Return a reason for a failure as it is stored: short and printable."""
    return _UNPRINTABLE.sub(" ", reason).strip()[:MAX_REASON]
