"""Starts each peer on the server's core."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from tempfile import mkdtemp

from bench import node
from bench.machine import SERVER_CORE, on_core
from bench.protocols import Participant, Plain, Protocol, SocketIO
from tests.services import answers, free_port, redis_server, running

ROOT = Path(__file__).resolve().parent.parent


# The defaults, five seconds and a backlog of 50, would reject most of the clients.
DAPHNE = ["-v", "0", "--websocket_connect_timeout", "120", "bench.peers.stock.asgi:application"]


@dataclass(frozen=True)
class Population:
    """The size of a workload.

    each: rooms per user. messages: the number of messages stored in the first room beforehand.
    blocks: the number of users who block one of the ten posters.
    """

    users: int
    rooms: int = 1
    each: int = 1
    messages: int = 0
    blocks: int = 0

    def participants(self) -> list[Participant]:
        """Return participants for peers without accounts."""
        return [Participant(f"person{number}", number % self.rooms + 1) for number in range(self.users)]


@dataclass
class RunningServer:
    """A running peer. `database`, a file or PostgreSQL's URL, and `table`: where it stores posts, if it stores them."""

    protocol: Protocol
    ports: list[int]
    participants: list[Participant]
    processes: list[Popen]
    database: Path | str | None = None
    table: str = "message"
    profile: Path | None = None
    stored: int = 0  # beforehand


@contextmanager
def bare(people: Population) -> Iterator[RunningServer]:
    port = free_port()
    with running(
        [sys.executable, "-m", "bench.peers.bare", str(port)], lambda: answers(port), **_server_options()
    ) as process:
        yield RunningServer(Plain(), [port], people.participants(), [process])


@contextmanager
def stock(people: Population, *, with_redis: bool = False) -> Iterator[RunningServer]:
    """Run Channels as in its tutorial, under Daphne. Redis runs on the generator's core."""
    port, folder = free_port(), Path(mkdtemp(prefix="chatsite-bench-stock-"))
    environment = {**os.environ, "STOCK_DATABASE": str(folder / "db.sqlite3")}
    endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=2048"
    command = [sys.executable, "-m", "daphne", "-e", endpoint, *DAPHNE]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if with_redis:
            environment["STOCK_REDIS"] = stack.enter_context(redis())
        options = {"env": environment, **_server_options()}
        process = stack.enter_context(running(command, lambda: answers(port), **options))
        yield RunningServer(Plain(), [port], people.participants(), [process], folder / "db.sqlite3")


def redis() -> AbstractContextManager[str]:
    """Start Redis on the generator's core, and yield its URL."""
    if not shutil.which("redis-server"):
        raise node.PeerUnavailable("redis-server is not installed")
    return redis_server()


@contextmanager
def hanging_mail_server() -> Iterator[str]:
    """Listen for connections, but never respond. Yield the server's URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def socketio(people: Population) -> Iterator[RunningServer]:
    port, folder = free_port(), Path(mkdtemp(prefix="chatsite-bench-socketio-"))
    database = folder / "db.sqlite3"
    command = [node.node(), str(node.socketio() / "server.mjs"), str(port), str(database)]
    try:
        with running(command, lambda: answers(port), **_server_options()) as process:
            yield RunningServer(SocketIO(), [port], people.participants(), [process], database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_options() -> dict:
    return {"cwd": ROOT, **on_core(SERVER_CORE)}
