"""Attacks by people who are not logged in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bench.client import PeerError
from bench.database import query
from bench.servers import RunningServer

LOGINS = 120
RESETS = 20
HANGING_SECONDS = 5.0
HEADER_BYTES = 20_000_000
BROKEN_COOKIE = '"' + "a" * 31 + r"\000" + '"'  # a null character
ROUNDS = 5


async def log_in_many(server: RunningServer) -> None:
    """Make many login attempts at once, from different addresses."""
    async with _anonymous_browser(server, "/accounts/login/") as post:
        await asyncio.gather(*(post(number, login=f"person{number}", password="wrong") for number in range(LOGINS)))


async def request_emails(server: RunningServer) -> None:
    """Request password resets from different addresses while the mail server hangs."""
    async with _anonymous_browser(server, "/accounts/password/reset/") as post:
        await asyncio.gather(*(post(number, email=f"person{number}@example.com") for number in range(RESETS)))
    queued = query(server, "SELECT count(*) FROM accounts_queuedemail")
    if queued < RESETS:
        raise PeerError(f"only {queued} emails are waiting for the mail server")
    await asyncio.sleep(HANGING_SECONDS)


@asynccontextmanager
async def _anonymous_browser(server: RunningServer, path: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Yield a function that sends the form at `path` from an address of 192.0.2.0/24."""
    base = f"http://127.0.0.1:{server.ports[0]}"
    async with httpx.AsyncClient(base_url=base, timeout=120, limits=httpx.Limits(max_connections=None)) as browser:
        await browser.get(path)
        token = browser.cookies["csrftoken"]

        async def post(address: int, **form: str) -> None:
            headers = {"X-Forwarded-For": f"192.0.2.{address}", "X-CSRFToken": token}
            with suppress(httpx.HTTPError):
                await browser.post(path, data=form, headers=headers)

        yield post


async def refused_beside_broken_cookies(server: RunningServer) -> int:
    """Return how many honest sockets were refused while as many used a session key that PostgreSQL can't look up."""
    refused = 0

    async def open_with(cookie: str, *, is_honest: bool) -> None:
        nonlocal refused
        port = server.ports[0]
        headers = {"Cookie": f"sessionid={cookie}", "Origin": f"http://127.0.0.1:{port}"}
        try:
            async with connect(f"ws://127.0.0.1:{port}/ws/", additional_headers=headers) as connection:
                await connection.recv()
        except WebSocketException:
            refused += is_honest

    for _ in range(ROUNDS):
        honest = [open_with(each.cookie, is_honest=True) for each in server.participants]
        await asyncio.gather(*honest, *(open_with(BROKEN_COOKIE, is_honest=False) for _ in honest))
    return refused


async def send_headers(server: RunningServer) -> None:
    """Send an endless header, endless headers, endless trailers and endless pipelined requests."""
    head = f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{server.ports[0]}\r\n"
    chunked = head.replace("GET", "POST") + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
    block = b"x" * 50_000
    await _stream(server, f"{head}X-Long: ".encode(), block)
    await _stream(server, head.encode(), b"X-Many: 1\r\n" * 5_000)
    await _stream(server, chunked.encode(), b"X-Trailer: 1\r\n" * 4_000)
    await _stream(server, b"", f"{head}\r\n".encode() * 1_000)


async def _stream(server: RunningServer, begin: bytes, block: bytes) -> None:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", server.ports[0])
        writer.write(begin)
        for _ in range(HEADER_BYTES // len(block)):
            writer.write(block)
            await asyncio.wait_for(writer.drain(), 2)
        writer.transport.abort()
