"""Checks the origin of WebSocket handshakes: scheme, host and port must be those of this site.

A WebSocket handshake carries the user's cookie regardless of which page opens it, so without this check any page on the
web could read and post as that user. A client that sends no Origin is not a browser and only has cookies it was given.
"""

from typing import Any
from urllib.parse import urlsplit

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host

from live.close_codes import FORBIDDEN

PORTS = {"http": 80, "https": 443}


class SameOriginMiddleware:
    """Reject handshakes from other sites with 4403, or with 403 before the upgrade."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable) -> Any:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        if is_same_origin(origin, host):
            return await self.application(scope, receive, send)
        return await _Denier()(scope, receive, send)


def is_same_origin(origin: str, host: str) -> bool:
    """Return whether the origin is SITE_URL's, or matches the scheme, host and port that the request was sent to."""
    if not origin:
        return True
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"//{host}")
        port = theirs.port or PORTS.get(theirs.scheme)
        is_same = theirs.hostname == ours.hostname and port == (ours.port or PORTS.get(theirs.scheme))
    except ValueError:
        return False
    scheme = "https" if settings.USE_HTTPS else "http"
    name = theirs.hostname or ""
    return (
        is_same
        and theirs.scheme == scheme
        and validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)
    )


class _Denier(WebsocketDenier):
    async def connect(self) -> None:
        await self.close(FORBIDDEN)
