"""Uvicorn with an announced shutdown. Before sockets close, every page is notified and accepted posts are stored."""

import asyncio
import gc
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from types import FrameType

import uvicorn
from django.conf import settings

from chatsite.http.readiness import readiness
from chatsite.server.bind import crowded_connections, duplicated
from chatsite.server.http_protocol import BoundedHttpProtocol
from chatsite.server.idle_connections import IdleConnections
from messaging.runtime import engine

MAX_FRAME_BYTES = 64 * 1024
RETRY_AFTER_SECONDS = 2
ANNOUNCE_SECONDS = 4  # for accepted posts to be stored
FLUSH_SECONDS = 0.2  # for outboxes to be written, before Uvicorn closes the sockets
REQUEST_SECONDS = 3  # for requests in progress, before their clients are disconnected
CANCEL_SECONDS = 4  # for requests in progress, before they are cancelled
SHUTDOWN_SECONDS = 9  # in total: service managers kill the process after 10

# The event loop may wait this long for a busy database thread after each system call. With Python's default of 5 ms,
# half as many sockets connect per second and posts take a third longer (docs/performance.md).
SWITCH_SECONDS = 0.0005

# By default, Python looks for cycles after every 700 new objects, and soon among all objects. With thousands of
# sockets, this takes a fifth of the time in which they connect (docs/performance.md).
GARBAGE_THRESHOLDS = (10_000, 20, 50)

logger = logging.getLogger(__name__)


class GracefulServer(uvicorn.Server):
    """A server that calls `on_start` on the event loop once it accepts connections."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        super().__init__(_configuration())
        self._on_start = on_start
        BoundedHttpProtocol.many = many = crowded_connections()
        self._idle_connections = IdleConnections(many=many)
        self._other_servers: list[asyncio.AbstractServer] = []
        self._changing = asyncio.Lock()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        await super().startup(duplicated(sockets) if sockets else None)
        _tune_garbage_collector()
        self._on_start()

    async def accept_also_from(self, sockets: list[socket.socket]) -> None:
        """Accept connections from exactly these listening sockets besides the server's own. Takes ownership of them."""
        async with self._changing:
            _close(self._other_servers)
            self._other_servers = []
            for each in duplicated(sockets):
                if self.should_exit:
                    each.close()
                else:
                    server = await asyncio.get_running_loop().create_server(self._create_protocol, sock=each)
                    self._other_servers.append(server)

    def _create_protocol(self) -> asyncio.Protocol:
        return BoundedHttpProtocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def on_tick(self, counter: int) -> bool:
        self._idle_connections.close_idle(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        deadline = threading.Timer(SHUTDOWN_SECONDS, os._exit, [0])  # a stuck request must not block the exit
        deadline.daemon = True
        deadline.start()
        async with self._changing:
            _close([*self.servers, *self._other_servers])
        readiness.is_closing = True
        await _announce_closing()
        await asyncio.sleep(FLUSH_SECONDS)
        disconnecting = asyncio.get_running_loop().call_later(REQUEST_SECONDS, self._disconnect_clients)
        await super().shutdown(sockets)
        disconnecting.cancel()

    def _disconnect_clients(self) -> None:
        """Let uploads and downloads end as if their clients had left. Uvicorn would log a traceback for each."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # otherwise Uvicorn would raise the signal again and not exit with 0


def _close(servers: Iterable[asyncio.AbstractServer]) -> None:
    for server in servers:
        server.close()


def _tune_garbage_collector() -> None:
    """Exclude modules and the objects they created from collection, because they live as long as the process."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.collect()
    gc.freeze()


def _configuration() -> uvicorn.Config:
    return uvicorn.Config(
        "chatsite.asgi:application",
        interface="asgi3",
        loop="uvloop",
        http="chatsite.server.http_protocol:BoundedHttpProtocol",
        ws="live.transports.uvicorn:DirectWebSocketProtocol",
        lifespan="on",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a compressor per socket costs more than small frames save
        ws_ping_interval=20,
        ws_ping_timeout=30,  # long, because a socket is not read while its last command waits for the database
        log_config=None,
        log_level=None if settings.DEBUG else "warning",  # the "info" level logs each socket
        access_log=settings.DEBUG,
        server_header=False,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_graceful_shutdown=CANCEL_SECONDS,
    )


async def _announce_closing() -> None:
    try:
        async with asyncio.timeout(ANNOUNCE_SECONDS):
            await engine.announce_closing(retry_after=RETRY_AFTER_SECONDS)
    except Exception:
        logger.exception("the shutdown could not be announced")
