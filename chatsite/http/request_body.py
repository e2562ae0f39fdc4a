"""Receives request bodies on the event loop, before a page thread is used.

There are only a few threads. Otherwise, a few clients could occupy all of them, even without logging in, and block
every page by sending a form at one byte per minute.
"""

import asyncio
from typing import BinaryIO

from chatsite.http.responses import Receive

MAX_BYTES = 16 * 1024 * 1024
TIMEOUT_SECONDS = 30.0


class BodyRejected(Exception):
    """The body is too large or arrives too slowly. The response should have `status` and `message`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


async def receive_body(
    receive: Receive, body: BinaryIO, *, max_bytes: int = MAX_BYTES, within: float = TIMEOUT_SECONDS
) -> None:
    """Write the complete request body to `body` in `within` seconds. Raises BodyRejected or ClientDisconnected."""
    try:
        async with asyncio.timeout(within):
            await _copy(receive, body, max_bytes)
    except TimeoutError:
        raise BodyRejected(408, "The request timed out. Try again.") from None


async def _copy(receive: Receive, body: BinaryIO, max_bytes: int) -> None:
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnected
        body.write(event.get("body", b""))
        if body.tell() > max_bytes:
            raise BodyRejected(413, f"That’s over the {max_bytes // 1024 // 1024} MB limit.")
        more = event.get("more_body", False)
