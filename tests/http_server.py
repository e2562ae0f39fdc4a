"""The server's protocols on the event loop of a test, without the rest of the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from chatsite.server.http_protocol import BoundedHttpProtocol
from live.transports.uvicorn import DirectWebSocketProtocol


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[tuple[int, ServerState]]:
    """Serve an ASGI application with Uvicorn's `options`. Yield the port and the state of the server."""
    options = {"ws": DirectWebSocketProtocol, "ws_per_message_deflate": False, "log_config": None, **options}
    config = uvicorn.Config(app, **options)
    config.load()
    state = ServerState()
    make_protocol = partial(BoundedHttpProtocol, config, state, {})
    server = await asyncio.get_running_loop().create_server(make_protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        server.close()
