"""The HTTP protocol: requests on a connection that is kept open."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from chatsite.server.http_protocol import BoundedHttpProtocol


async def test_request_received_before_the_last_response_is_not_timed_out():
    """A response may be complete before its request has been parsed, with the next request behind it."""
    first_is_answered = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await first_is_answered.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(app, timeout_keep_alive=0, log_config=None)
    config.load()
    loop, state = asyncio.get_running_loop(), ServerState()
    server = await loop.create_server(lambda: BoundedHttpProtocol(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    large = b"POST /quick HTTP/1.1\r\nHost: a\r\nContent-Length: 80000\r\n\r\n" + b"x" * 80_000
    writer.write(large + b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(30):
        for _ in range(2):
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            first_is_answered.set()
    writer.close()
    server.close()
