"""`python -m chatsite.server`: prepares the site and serves it with Uvicorn until it is told to stop."""

import asyncio
import errno
import logging
import os
import socket
import sys
import threading
from types import FrameType

import django
import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from chatsite.preparation import NotReady, claim_data_dir, prepare

MAX_FRAME_BYTES = 64 * 1024
RETRY_AFTER_SECONDS = 2
ANNOUNCE_SECONDS = 4  # for the posts that were taken to be stored
FLUSH_SECONDS = 0.2  # for the outboxes to be written: Uvicorn then closes the sockets at once
REQUEST_SECONDS = 4  # for requests that are being answered
LEAVE_SECONDS = 9  # for everything together: service managers kill after 10

logger = logging.getLogger(__name__)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        django.setup()
        sockets = listen(settings.HOST, settings.PORT)
        claim = claim_data_dir()
        prepare()
        greeting = greet()
    except (ImproperlyConfigured, NotReady) as reason:
        sys.exit(f"Chatsite cannot start. {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
    connections.close_all()
    with claim:
        PoliteServer(configuration(), greeting).run(sockets=sockets)


def listen(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of `host`; what connects early waits until the site is ready."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise NotReady(f"HOST={host} is not a known address. Set HOST, for example to 127.0.0.1.") from error
    sockets = []
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            sockets.append(_listening(family, address))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:  # `localhost` may name an IPv6 address that is not there
                raise NotReady(_why_not(error, host, port)) from error
    if not sockets:
        raise NotReady(f"HOST={host} is not an address of this machine. Set HOST, for example to 127.0.0.1.")
    return sockets


def _listening(family: int, address: tuple) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(2048)
    except OSError:
        opened.close()
        raise
    return opened


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT={port} on {host} is already in use. Stop what uses it, or set another PORT, such as {port + 1}."
    if error.errno == errno.EACCES:
        return f"PORT={port} needs special rights. Set PORT to one above 1023, such as 8000."
    return f"HOST={host} and PORT={port} cannot be listened on ({error.strerror}). Set them to others."


def configuration() -> uvicorn.Config:
    return uvicorn.Config(
        "chatsite.asgi:application",
        interface="asgi3",
        loop="uvloop",
        http="httptools",
        ws="live.wire:WireProtocol",
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


class PoliteServer(uvicorn.Server):
    """Says where the site is when it is ready, and says goodbye to every page before it goes."""

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self.greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.greeting, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        deadline = threading.Timer(LEAVE_SECONDS, os._exit, [0])  # a stuck request must not hold the process
        deadline.daemon = True
        deadline.start()
        for server in self.servers:
            server.close()
        await _announce_closing()
        await asyncio.sleep(FLUSH_SECONDS)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # Uvicorn would raise it again at the end: an orderly stop exits with 0


async def _announce_closing() -> None:
    from chatsite.readiness import readiness
    from messaging import engine

    readiness.is_closing = True
    try:
        async with asyncio.timeout(ANNOUNCE_SECONDS):
            await engine.announce_closing(retry_after=RETRY_AFTER_SECONDS)
    except Exception:
        logger.exception("the pages could not be told that the server closes")


def greet() -> str:
    """Return what the person at the terminal has to know."""
    from accounts import setup_code
    from accounts.models import User

    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    listening = f"http://{host}:{settings.PORT}"
    if settings.SITE_URL in ("", listening):
        lines = [f"Chatsite is at {listening}"]
    else:
        lines = [f"Chatsite is at {settings.SITE_URL} (listening on {listening})"]
    if not User.objects.exists():
        lines += [
            "Nobody has an account yet: open that address and make yours, the administrator's.",
            f"If the page asks for a one-time code, it is this: {setup_code.read_or_create()}",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
