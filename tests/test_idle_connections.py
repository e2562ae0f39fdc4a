"""Who takes no byte of an answer, or asks for nothing, is cut in the end; who is only slow is not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
import uvicorn

from chatsite.server.idle_connections import PATIENCE, Stalled
from tests.waiting import until

SIZE = 8 * 1024 * 1024
LATER = PATIENCE + 1
ASK = b"GET / HTTP/1.1\r\nHost: site\r\n\r\n"


class Server:
    """A real Uvicorn on the test's loop, whose answer is `SIZE` bytes once `may_answer` is set."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server = uvicorn.Server(
            uvicorn.Config(self.answer, interface="asgi3", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        )

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(SIZE // 65_536):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    @property
    def connections(self) -> set[Any]:
        return self.server.server_state.connections

    def connect(self) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(self.listener.getsockname())
        client.setblocking(False)
        return client

    def waits_for_its_reader(self) -> bool:
        return any(connection.transport.get_write_buffer_size() for connection in self.connections)


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    task = asyncio.create_task(server.server.serve([server.listener]))
    await until(lambda: server.server.started, "it serves")
    yield server
    server.server.should_exit = True
    await task


@asynccontextmanager
async def stalling() -> AsyncIterator[tuple[Server, socket.socket, Stalled]]:
    """A server with one client that has asked and takes nothing, looked at once."""
    async with serving() as server:
        with closing(server.connect()) as client:
            client.sendall(ASK)
            await until(server.waits_for_its_reader, "the server waits for its reader")
            stalled = Stalled(every=0)
            stalled.look(server.connections, 0)
            yield server, client, stalled


async def test_who_takes_nothing_is_cut():
    async with stalling() as (server, _, stalled):
        stalled.look(server.connections, PATIENCE - 1)
        assert server.connections
        stalled.look(server.connections, LATER)
        await until(lambda: not server.connections, "it is cut")


async def test_who_takes_a_little_is_not():
    async with stalling() as (server, client, stalled):
        taken = 0
        while taken < 500_000:
            taken += len(await asyncio.get_running_loop().sock_recv(client, 65_536))
        await until(server.waits_for_its_reader, "the server waits again")
        stalled.look(server.connections, LATER)
        await asyncio.sleep(0)
        assert server.connections


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nHost: si"])
async def test_who_never_asks_is_cut(beginning):
    async with serving() as server:
        with closing(server.connect()) as client:
            client.sendall(beginning)
            await until(lambda: server.connections, "it is connected")
            stalled = Stalled(every=0)
            stalled.look(server.connections, 0)
            stalled.look(server.connections, LATER)
            await until(lambda: not server.connections, "it is cut")


async def test_who_waits_for_an_answer_is_not():
    async with serving() as server:
        server.may_answer.clear()
        with closing(server.connect()) as client:
            client.sendall(ASK)
            await until(lambda: any(connection.cycle for connection in server.connections), "it has asked")
            stalled = Stalled(every=0)
            stalled.look(server.connections, 0)
            stalled.look(server.connections, LATER)
            await asyncio.sleep(0)
            assert server.connections
            server.may_answer.set()
