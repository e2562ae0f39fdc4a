"""Request bodies are taken in on the event loop before a page's thread is spent on them.

The threads are few: without this, as many clients as there are threads could hold all of them by sending
a form at a byte a minute, and stop every page without being signed in.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO, cast

MAX_BYTES = 16 * 1024 * 1024
MEMORY_BYTES = 1024 * 1024  # what is larger waits on the disk
CHUNK_BYTES = 64 * 1024
WITHIN_SECONDS = 30.0

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


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

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as file:
            body = cast(BinaryIO, file)
            try:
                async with asyncio.timeout(self._within):
                    await self._take_in(receive, body)
            except TooLarge:
                limit = self._max_bytes // 1024 // 1024
                await _answer(send, 413, f"This is larger than the {limit} MB that can be sent at once.")
            except TimeoutError:
                await _answer(send, 408, "The request took too long to arrive. Please send it again.")
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


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
