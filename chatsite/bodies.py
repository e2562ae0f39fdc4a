"""Request bodies are taken in on the event loop before a page's thread is spent on them.

The threads are few: without this, as many clients as there are threads could hold all of them by sending
a form at a byte a minute, and stop every page without being signed in.
"""

import asyncio
import tempfile
from typing import BinaryIO, cast

from chatsite.answers import Application, Event, Receive, Scope, Send, answer

MAX_BYTES = 16 * 1024 * 1024
MEMORY_BYTES = 1024 * 1024  # what is larger waits on the disk
CHUNK_BYTES = 64 * 1024
WITHIN_SECONDS = 30.0

CLOSE = (b"connection", b"close")  # the rest of the body is still on its way


class TooLarge(Exception):
    pass


class Gone(Exception):
    pass


class WholeBodies:
    """Hands a request on when its body is complete: 413 over `max_bytes`, 408 when it takes too long."""

    def __init__(self, application: Application, *, max_bytes: int = MAX_BYTES, within: float = WITHIN_SECONDS) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as file:
            body = cast(BinaryIO, file)
            try:
                async with asyncio.timeout(self._within):
                    await self._take_in(receive, body)
            except TooLarge:
                limit = self._max_bytes // 1024 // 1024
                await answer(send, 413, f"This is larger than the {limit} MB that can be sent at once.", CLOSE)
            except TimeoutError:
                await answer(send, 408, "The request took too long to arrive. Please send it again.", CLOSE)
            except Gone:
                return
            else:
                body.seek(0)
                await self._application(scope, _replay(body, receive), send)

    async def _take_in(self, receive: Receive, body: BinaryIO) -> None:
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise Gone
            body.write(event.get("body", b""))
            if body.tell() > self._max_bytes:
                raise TooLarge
            more = event.get("more_body", False)


def _replay(body: BinaryIO, receive: Receive) -> Receive:
    is_over = False

    async def replay() -> Event:
        nonlocal is_over
        if is_over:
            return await receive()  # the client's leaving
        chunk = body.read(CHUNK_BYTES)
        is_over = len(chunk) < CHUNK_BYTES
        return {"type": "http.request", "body": chunk, "more_body": not is_over}

    return replay
