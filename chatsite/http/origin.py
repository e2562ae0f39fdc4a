"""Which pages may open a socket: those of this site, by scheme, host and port.

A WebSocket carries the visitor's cookie whoever opens it; without this check any page on the web could
read and write in the visitor's name. A client that sends no Origin is no browser, and has no cookie
that it was not given.
"""

from typing import Any
from urllib.parse import urlsplit

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host

from live.close_codes import WRONG_ORIGIN

PORTS = {"http": 80, "https": 443}


class OwnOriginOnly:
    """Refuses, with 4403 or 403 before the upgrade, a handshake whose Origin is another site."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable) -> Any:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        if is_own(origin, host):
            return await self.application(scope, receive, send)
        return await _Denier()(scope, receive, send)


def is_own(origin: str, host: str) -> bool:
    """True for the configured site's origin, and for the very host and port that the request names."""
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
        await self.close(WRONG_ORIGIN)
