"""Receives request bodies on the event loop, before a page thread is used.

There are only a few threads. Otherwise, a few clients could occupy all of them, even without logging in, and block
every page by sending a form at one byte per minute.
"""

import asyncio
from collections.abc import Iterable
from typing import BinaryIO

from django.utils.http import parse_header_parameters

from live.http.responses import Header, Receive

MAX_BYTES = 16 * 1024 * 1024
SILENCE_SECONDS = 30.0
TOTAL_SECONDS = 300.0  # for 16 MB, at half a megabit per second


class BodyRejected(Exception):
    """The body is too large or arrives too slowly. The response should have `status` and `message`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


def check_charset(headers: Iterable[Header]) -> None:
    """Raise BodyRejected if a body declares a charset other than UTF-8, which browsers always use for our forms.

    Django fails on codecs that aren't text encodings, such as `idna` and `zlib`.
    """
    declared = b",".join(value for name, value in headers if name == b"content-type")  # as Django receives it
    try:
        _, parameters = parse_header_parameters(declared.decode("latin-1"))
    except (LookupError, ValueError):
        raise BodyRejected(415, "The Content-Type is invalid.") from None
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise BodyRejected(415, "The charset must be UTF-8.")


async def receive_body(
    receive: Receive,
    body: BinaryIO,
    *,
    max_bytes: int = MAX_BYTES,
    silence: float = SILENCE_SECONDS,
    within: float = TOTAL_SECONDS,
) -> None:
    """Write the complete request body to `body`. Raises BodyRejected or ClientDisconnected.

    silence: the maximum number of seconds without data. within: the maximum number of seconds in total.
    """
    try:
        async with asyncio.timeout(within):
            await _copy(receive, body, max_bytes, silence)
    except TimeoutError:
        raise BodyRejected(408, "The request timed out. Try again.") from None


async def _copy(receive: Receive, body: BinaryIO, max_bytes: int, silence: float) -> None:
    """Write the body. If it is too large, read the rest before raising: a proxy sends it all before it reads."""
    received, more = 0, True
    while more and received <= max(max_bytes, MAX_BYTES):
        async with asyncio.timeout(silence):
            event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnected
        piece = event.get("body", b"")
        received += len(piece)
        if received <= max_bytes:
            body.write(piece)
        more = event.get("more_body", False)
    if received > max_bytes:
        limit = f"{max_bytes >> 20} MB" if max_bytes >= 1 << 20 else f"{max_bytes >> 10} KB"
        raise BodyRejected(413, f"That’s over the limit of {limit}.")
