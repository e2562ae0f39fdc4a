"""While connections are scarce, one address can't take all of them. Members' sockets don't count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import websockets

from chatsite.server.http_protocol import BoundedHttpProtocol
from tests.http_server import serving
from tests.waiting import until

MANY = 8
REQUEST = b"GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def port(monkeypatch) -> AsyncIterator[int]:
    monkeypatch.setattr(BoundedHttpProtocol, "many", MANY)
    async with serving(application) as (port, _):
        yield port
        await until(lambda: not BoundedHttpProtocol.connection_counts, "all connections are closed")


async def connect(port: int, address: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


async def is_answered(port: int, address: str) -> bool:
    reader, writer = await connect(port, address)
    writer.write(REQUEST)
    with suppress(ConnectionError):
        return (await reader.read()).startswith(b"HTTP/1.1 200")
    return False


async def test_others_come_in_when_one_address_holds_most_connections(port):
    held = [await connect(port) for _ in range(MANY)]
    await until(lambda: BoundedHttpProtocol.connection_counts["127.0.0.1"] == MANY, "they are accepted")
    assert not await is_answered(port, "127.0.0.1")
    assert await is_answered(port, "127.0.0.2")
    for _, writer in held:
        writer.close()
    await until(lambda: not BoundedHttpProtocol.connection_counts, "they are closed")
    assert await is_answered(port, "127.0.0.1")


async def test_sockets_behind_one_address_are_not_limited(port):
    sockets = [await websockets.connect(f"ws://127.0.0.1:{port}/") for _ in range(2 * MANY)]
    assert await is_answered(port, "127.0.0.1")
    for each in sockets:
        await each.close()
