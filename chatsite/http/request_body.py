"""Request bodies, taken in on the event loop before a page's thread is spent on them.

The threads are few: without this, as many clients as there are threads could hold all of them by sending
a form at a byte a minute, and stop every page without being signed in.
"""

import asyncio
from typing import BinaryIO

from chatsite.http.responses import Receive

MAX_BYTES = 16 * 1024 * 1024
WITHIN_SECONDS = 30.0


class Refused(Exception):
    """The answer to a body that is not taken: `status` and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Gone(Exception):
    """The client left before its request was whole."""


async def take_in(
    receive: Receive, body: BinaryIO, *, max_bytes: int = MAX_BYTES, within: float = WITHIN_SECONDS
) -> None:
    """Write the whole body of a request into `body`. Raises Refused when it is too large or too slow, and Gone."""
    try:
        async with asyncio.timeout(within):
            await _copy(receive, body, max_bytes)
    except TimeoutError:
        raise Refused(408, "The request timed out. Please try again.") from None


async def _copy(receive: Receive, body: BinaryIO, max_bytes: int) -> None:
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        body.write(event.get("body", b""))
        if body.tell() > max_bytes:
            raise Refused(413, f"That’s over the {max_bytes // 1024 // 1024} MB limit.")
        more = event.get("more_body", False)
