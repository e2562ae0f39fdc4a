"""One process that serves: Uvicorn, which says goodbye to every page before it goes."""

import asyncio
import gc
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from django.conf import settings

from chatsite.http.readiness import readiness
from chatsite.server.idle_connections import Stalled
from messaging.runtime import engine

MAX_FRAME_BYTES = 64 * 1024
RETRY_AFTER_SECONDS = 2
ANNOUNCE_SECONDS = 4  # for the posts that were taken to be stored
FLUSH_SECONDS = 0.2  # for the outboxes to be written: Uvicorn then closes the sockets at once
REQUEST_SECONDS = 4  # for requests that are being answered
LEAVE_SECONDS = 9  # for everything together: service managers kill after 10

# After each system call the loop waits that long for a database thread that computes. With Python's own 5 ms
# half as many sockets come in a second, and a post waits a third longer for its answer (docs/performance.md).
SWITCH_SECONDS = 0.0005

# Python looks for cycles after every 700 new objects, and soon through all there are: with thousands of sockets a fifth
# of the time in which people come in (docs/performance.md).
GARBAGE_THRESHOLDS = (10_000, 20, 50)

logger = logging.getLogger(__name__)


class PoliteServer(uvicorn.Server):
    """Calls `on_start` on the loop when it takes connections."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        super().__init__(_configuration())
        self._on_start = on_start
        self._stalled = Stalled()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        await super().startup(sockets)
        _keep_what_there_is()
        self._on_start()

    async def on_tick(self, counter: int) -> bool:
        self._stalled.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        deadline = threading.Timer(LEAVE_SECONDS, os._exit, [0])  # a stuck request must not hold the process
        deadline.daemon = True
        deadline.start()
        for server in self.servers:
            server.close()
        readiness.is_closing = True
        await _announce_closing()
        await asyncio.sleep(FLUSH_SECONDS)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # Uvicorn would raise it again at the end: an orderly stop exits with 0


def _keep_what_there_is() -> None:
    """The modules and what they made stay for good: the collector need not look at them again."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.collect()
    gc.freeze()


def _configuration() -> uvicorn.Config:
    return uvicorn.Config(
        "chatsite.asgi:application",
        interface="asgi3",
        loop="uvloop",
        http="httptools",
        ws="live.transports.uvicorn:DirectWebSocketProtocol",
        lifespan="on",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a compressor for each socket costs more than small frames give back
        ws_ping_interval=20,
        ws_ping_timeout=30,  # a socket whose last command still waits for the database is not read meanwhile
        log_config=None,
        log_level=None if settings.DEBUG else "warning",  # it logs each socket as information
        access_log=settings.DEBUG,
        server_header=False,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_graceful_shutdown=REQUEST_SECONDS,
    )


async def _announce_closing() -> None:
    try:
        async with asyncio.timeout(ANNOUNCE_SECONDS):
            await engine.announce_closing(retry_after=RETRY_AFTER_SECONDS)
    except Exception:
        logger.exception("the pages could not be told that the server closes")
