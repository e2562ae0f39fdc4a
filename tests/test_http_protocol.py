"""The HTTP protocol: requests on a connection that is kept open, and WebSocket handshakes."""

import asyncio
import logging
import weakref
from typing import Any

import pytest
from websockets.http11 import Request

from live.transports.direct import RAW_CONNECTION
from tests.http_server import serving
from tests.waiting import PATIENCE, until


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


HANDSHAKE = {
    "Host": "a",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def handshake(url: str = "/ws/", method: str = "GET", **headers: str) -> bytes:
    fields = HANDSHAKE | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {url} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def test_a_handshake_reaches_the_application_as_it_was_sent():
    scopes = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(dict(scope))
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hello"})

    async with serving(app) as (port, _), asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake("/ws/%C3%A9?a=%20b", Cookie="name=\xe9; other=1"))
        response = await reader.readuntil(b"hello")
        assert response.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in response  # the answer to the sample key of RFC 6455
        writer.close()
    scope = scopes[0]
    assert (scope["type"], scope["path"], scope["query_string"]) == ("websocket", "/ws/é", b"a=%20b")
    assert (b"cookie", b"name=\xe9; other=1") in scope["headers"]
    assert scope["client"] == writer.get_extra_info("sockname")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (handshake("/ws/?\xe9"), 400),
        (handshake(method="POST"), 405),
        (handshake(Sec_WebSocket_Key="short"), 400),
        (handshake(Sec_WebSocket_Version="12"), 400),
        (handshake(Connection="Upgrade", X="a\x7fb"), 400),
        (handshake(Transfer_Encoding="chunked"), 400),
        (handshake(Content_Length="5"), 400),
    ],
)
async def test_an_invalid_handshake_is_refused_and_the_connection_closed(request_bytes, status, caplog):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the application was called")

    async with serving(app) as (port, state), asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes)
        assert (await reader.read()).startswith(b"HTTP/1.1 %d " % status)
        writer.close()
        await until(lambda: not state.connections, "the server notices")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_open_socket_does_not_keep_its_request():
    opened: asyncio.Future[weakref.ref[Request]] = asyncio.get_running_loop().create_future()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        connection = scope["extensions"][RAW_CONNECTION]
        request = weakref.ref(connection.request)
        connection.take_over(lambda text: None, lambda: None, lambda: None)
        opened.set_result(request)

    async with serving(app) as (port, _), asyncio.timeout(PATIENCE):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake())
        request = await opened
        assert request() is None
        writer.close()
