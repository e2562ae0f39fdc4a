"""Listening sockets."""

import asyncio
import socket
from contextlib import ExitStack

import uvloop

from chatsite.server.bind import ACCEPTS, duplicated, listen
from tests.services import free_port


def test_several_connections_are_accepted_in_one_iteration_of_the_event_loop():
    port = free_port()
    accepted = 0

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal accepted
            accepted += 1

    async def count_in_each_iteration() -> list[int]:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(Protocol, sock=each) for each in duplicated(listening)]
        counts = []
        while not counts or accepted < len(clients):
            before = accepted
            await asyncio.sleep(0)
            counts.append(accepted - before)
        for server in servers:
            server.close()
        return counts

    with ExitStack() as stack:
        [listening] = listen("127.0.0.1", port)
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3 * ACCEPTS)]
        assert max(uvloop.run(asyncio.wait_for(count_in_each_iteration(), 10))) == ACCEPTS
