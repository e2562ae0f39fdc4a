"""Connections that make no progress are closed; slow ones are not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
import uvicorn

from chatsite.server.idle_connections import CROWDED_TIMEOUT_SECONDS, TIMEOUT_SECONDS, IdleConnections
from tests.waiting import until

SIZE = 8 * 1024 * 1024
LATER = TIMEOUT_SECONDS + 1
REQUEST = b"GET / HTTP/1.1\r\nHost: site\r\n\r\n"


class Server:
    """A real Uvicorn on the test's loop that responds with `size` bytes once `may_respond` is set."""

    def __init__(self, size: int = SIZE) -> None:
        self.size = size
        self.may_respond = asyncio.Event()
        self.may_respond.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server = uvicorn.Server(
            uvicorn.Config(
                self.respond, interface="asgi3", lifespan="off", log_config=None, timeout_graceful_shutdown=1
            )
        )

    async def respond(self, scope: Any, receive: Any, send: Any) -> None:
        await self.may_respond.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for at in range(0, self.size, 65_536):
            body = b"x" * min(65_536, self.size - at)
            await send({"type": "http.response.body", "body": body, "more_body": True})
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

    def is_blocked(self) -> bool:
        return any(connection.transport.get_write_buffer_size() for connection in self.connections)


@asynccontextmanager
async def serving(size: int = SIZE) -> AsyncIterator[Server]:
    server = Server(size)
    task = asyncio.create_task(server.server.serve([server.listener]))
    await until(lambda: server.server.started, "it serves")
    yield server
    server.server.should_exit = True
    await task


@asynccontextmanager
async def blocked_server() -> AsyncIterator[tuple[Server, socket.socket, IdleConnections]]:
    """A server whose one client has sent a request and reads nothing, checked once."""
    async with serving() as server:
        with closing(server.connect()) as client:
            client.sendall(REQUEST)
            await until(server.is_blocked, "the client blocks the server")
            idle_connections = IdleConnections(check_seconds=0)
            idle_connections.close_idle(server.connections, 0)
            yield server, client, idle_connections


async def test_client_that_reads_nothing_is_disconnected():
    async with blocked_server() as (server, _, idle_connections):
        idle_connections.close_idle(server.connections, TIMEOUT_SECONDS - 1)
        assert server.connections
        idle_connections.close_idle(server.connections, LATER)
        await until(lambda: not server.connections, "it is disconnected")


async def test_slow_client_stays_connected():
    async with blocked_server() as (server, client, idle_connections):
        received = 0
        while received < 500_000:
            received += len(await asyncio.get_running_loop().sock_recv(client, 65_536))
        await until(server.is_blocked, "the client blocks the server again")
        idle_connections.close_idle(server.connections, LATER)
        await asyncio.sleep(0)
        assert server.connections


@pytest.mark.parametrize("partial_request", [b"", b"GET / HTTP/1.1\r\nHost: si"])
async def test_client_that_sends_no_request_is_disconnected(partial_request):
    async with serving() as server:
        with closing(server.connect()) as client:
            client.sendall(partial_request)
            await until(lambda: server.connections, "it is connected")
            idle_connections = IdleConnections(check_seconds=0)
            idle_connections.close_idle(server.connections, 0)
            idle_connections.close_idle(server.connections, LATER)
            await until(lambda: not server.connections, "it is disconnected")


async def test_client_that_sends_no_request_is_disconnected_sooner_if_there_are_many():
    async with serving() as server:
        with closing(server.connect()):
            await until(lambda: server.connections, "it is connected")
            few, many = IdleConnections(check_seconds=0, many=1), IdleConnections(check_seconds=0, many=0)
            for idle_connections in (few, many):
                idle_connections.close_idle(server.connections, 0)
            few.close_idle(server.connections, CROWDED_TIMEOUT_SECONDS)
            await asyncio.sleep(0)
            assert server.connections
            many.close_idle(server.connections, CROWDED_TIMEOUT_SECONDS)
            await until(lambda: not server.connections, "it is disconnected")


async def test_client_that_has_sent_requests_between_checks_stays_connected():
    async with serving(size=10) as server:
        with closing(server.connect()) as client:
            idle_connections = IdleConnections(check_seconds=0)
            for at in range(5):
                for _ in range(2):
                    client.sendall(REQUEST)
                    while not (await asyncio.get_running_loop().sock_recv(client, 65_536)).endswith(b"0\r\n\r\n"):
                        pass
                idle_connections.close_idle(server.connections, at * LATER)
                await asyncio.sleep(0)
                assert server.connections


async def test_client_waiting_for_a_response_stays_connected():
    async with serving() as server:
        server.may_respond.clear()
        with closing(server.connect()) as client:
            client.sendall(REQUEST)
            await until(lambda: any(connection.cycle for connection in server.connections), "the request has arrived")
            idle_connections = IdleConnections(check_seconds=0)
            idle_connections.close_idle(server.connections, 0)
            idle_connections.close_idle(server.connections, LATER)
            await asyncio.sleep(0)
            assert server.connections
            server.may_respond.set()
