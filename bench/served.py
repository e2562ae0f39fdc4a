"""The peers, each started on the server's core, and where to find them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from bench.dialects import Dialect, Plain, Seat
from bench.machine import SERVER_CORE, on_core
from tests.services import answers, free_port, running

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class People:
    """How many, in how many rooms, and each in how many of them; `messages` are in the first room beforehand."""

    users: int
    rooms: int = 1
    each: int = 1
    messages: int = 0

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
    helpers: list[Popen] = field(default_factory=list)


@contextmanager
def bare(people: People) -> Iterator[Served]:
    port = free_port()
    with running([sys.executable, "-m", "bench.peers.bare", str(port)], lambda: answers(port), **_here()) as process:
        yield Served(Plain(), [port], people.seats(), [process])


def _here() -> dict:
    return {"cwd": ROOT, **on_core(SERVER_CORE)}
