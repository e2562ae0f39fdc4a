"""Which push services the server sends requests to. Their addresses come from browsers, so from anyone."""

from urllib.parse import urlsplit

from django.conf import settings

from messaging.models.push import MAX_ENDPOINT
from outbound.client import Client, Limits
from outbound.guard import Guard, NotAllowed, is_listed, parse_url

HOSTS = ("fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")
HTTPS_PORT = 443
SECONDS = 10.0  # for a request
MAX_RESPONSE = 4_096  # bytes that are read
MAX_REQUESTS = 20  # at a time


def push_client(seconds: float = SECONDS) -> Client:
    """Return a client for push services. Only those in CHAT_PUSH_HOSTS may have private addresses."""
    guard = Guard(hosts=tuple(settings.CHAT_PUSH_HOSTS))
    return Client(guard, Limits(seconds=seconds, max_body=MAX_RESPONSE, per_host=MAX_REQUESTS))


def check_endpoint(endpoint: str) -> None:
    """Check that an endpoint belongs to a known push service. Raises NotAllowed."""
    destination = parse_url(endpoint)
    host, port = destination.host, destination.port
    if destination.scheme != "https" or len(endpoint) > MAX_ENDPOINT:
        raise NotAllowed("the endpoint isn't an HTTPS address")
    listed = (*settings.CHAT_PUSH_HOSTS, *(f"{name}:{HTTPS_PORT}" for name in HOSTS))
    if not is_listed(host, port, listed):
        raise NotAllowed(f"{host}:{port} isn't a known push service")


def is_apple(endpoint: str) -> bool:
    """Return whether the endpoint is Apple's, which ends a subscription if a push shows nothing."""
    return (urlsplit(endpoint).hostname or "").endswith(".push.apple.com")
