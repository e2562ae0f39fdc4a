"""Short responses sent by the event loop itself, and ASGI types."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Event = dict[str, Any]
Header = tuple[bytes, bytes]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DISCONNECT = "chatsite.disconnect"  # our server's ASGI extension: a function that closes the connection
PLAIN_TEXT = "text/plain; charset=utf-8"


async def send_text(send: Send, status: int, text: str, *headers: Header, content_type: str = PLAIN_TEXT) -> None:
    """Send a short response that is not cached."""
    body = text.encode()
    own_headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*own_headers, *headers]})
    await send({"type": "http.response.body", "body": body})


async def websocket_not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Reject a WebSocket handshake with 404, or with 403 on servers that support no other status."""
    await receive()  # websocket.connect
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", PLAIN_TEXT.encode())]
    await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"Not found.\n"})


async def wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def disconnect(scope: Scope) -> None:
    """Close the connection in the middle of a response. Other servers close it after the application has returned."""
    if close := scope.get("extensions", {}).get(DISCONNECT):
        close()
