"""The HTTP protocol: requests on a connection that is kept open."""

import asyncio
from typing import Any

from tests.http_server import serving
from tests.waiting import PATIENCE


async def test_request_received_before_the_last_response_is_not_timed_out():
    """A response may be complete before its request has been parsed, with the next request behind it."""
    first_is_answered = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await first_is_answered.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async with serving(app, timeout_keep_alive=0) as (port, _), asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        large = b"POST /quick HTTP/1.1\r\nHost: a\r\nContent-Length: 80000\r\n\r\n" + b"x" * 80_000
        writer.write(large + b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in range(2):
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            first_is_answered.set()
        writer.close()
