"""The peers, each started on the server's core, and where to find them."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from tempfile import mkdtemp

from bench import node
from bench.machine import SERVER_CORE, on_core
from bench.protocols import Dialect, Plain, Seat, SocketIO
from tests.services import answers, free_port, redis_server, running

ROOT = Path(__file__).resolve().parent.parent


# Its own five seconds, and its backlog of fifty, would turn away most of those who come at once.
DAPHNE = ["-v", "0", "--websocket_connect_timeout", "120", "bench.peers.stock.asgi:application"]


@dataclass(frozen=True)
class People:
    """How many, in how many rooms, and each in how many of them; `messages` are in the first room beforehand.

    blocks: so many of them block one of the ten who post.
    """

    users: int
    rooms: int = 1
    each: int = 1
    messages: int = 0
    blocks: int = 0

    def seats(self) -> list[Seat]:
        """For peers that need no account."""
        return [Seat(f"person{number}", number % self.rooms + 1) for number in range(self.users)]


@dataclass
class Served:
    """A server that runs. `database` and `table`: where it stores posts, if it does."""

    dialect: Dialect
    ports: list[int]
    seats: list[Seat]
    processes: list[Popen]
    database: Path | None = None
    table: str = "message"
    profile: Path | None = None
    stored: int = 0  # beforehand


@contextmanager
def bare(people: People) -> Iterator[Served]:
    port = free_port()
    with running([sys.executable, "-m", "bench.peers.bare", str(port)], lambda: answers(port), **_here()) as process:
        yield Served(Plain(), [port], people.seats(), [process])


@contextmanager
def stock(people: People, *, with_redis: bool = False) -> Iterator[Served]:
    """The tutorial's way under Daphne. Redis runs on the generator's core: the server keeps its own."""
    port, folder = free_port(), Path(mkdtemp(prefix="chatsite-bench-stock-"))
    environment = {**os.environ, "STOCK_DATABASE": str(folder / "db.sqlite3")}
    endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=2048"
    command = [sys.executable, "-m", "daphne", "-e", endpoint, *DAPHNE]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if with_redis:
            environment["STOCK_REDIS"] = stack.enter_context(redis())
        options = {"env": environment, **_here()}
        process = stack.enter_context(running(command, lambda: answers(port), **options))
        yield Served(Plain(), [port], people.seats(), [process], folder / "db.sqlite3")


def redis() -> AbstractContextManager[str]:
    """A Redis on the core of the generator, which started it; yields its URL."""
    if not shutil.which("redis-server"):
        raise node.Missing("redis-server is not installed")
    return redis_server()


@contextmanager
def socketio(people: People) -> Iterator[Served]:
    port, folder = free_port(), Path(mkdtemp(prefix="chatsite-bench-socketio-"))
    database = folder / "db.sqlite3"
    command = [node.node(), str(node.socketio() / "server.mjs"), str(port), str(database)]
    try:
        with running(command, lambda: answers(port), **_here()) as process:
            yield Served(SocketIO(), [port], people.seats(), [process], database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _here() -> dict:
    return {"cwd": ROOT, **on_core(SERVER_CORE)}
