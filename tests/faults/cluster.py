"""The two sites that every fault meets: one process on SQLite, and three with PostgreSQL and Redis behind nginx."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.faults.database import Database, PostgresDatabase, SqliteDatabase
from tests.faults.nginx import Nginx
from tests.faults.services import Postgres, Program, Redis
from tests.server import collected

ROOT = Path(__file__).resolve().parents[2]


class Server(Program):
    """One `python -m chatsite.server`, or another module that runs it."""

    module = "chatsite.server"

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        super().__init__(folder)
        with suppress(FileExistsError):
            (folder / "static").symlink_to(collected())
        self.environment = {**environment, "DATA_DIR": str(folder), "PORT": str(self.port)}

    def command(self) -> list[str]:
        return [sys.executable, "-m", self.module]

    def options(self) -> dict[str, Any]:
        return {"cwd": ROOT, "env": {**os.environ, **self.environment}}

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/live", timeout=5) as answer:
                return answer.status == 200
        except (URLError, ConnectionError, TimeoutError):
            return False

    @asynccontextmanager
    async def as_another(self, *, module: str = "", **environment: str) -> AsyncIterator[None]:
        """Restarted with this module and these settings; as before when the block ends."""
        before = self.module, self.environment
        self.module, self.environment = module or self.module, {**self.environment, **environment}
        try:
            await self.restart()
            yield
        finally:
            self.module, self.environment = before
            await self.restart()

    async def restart(self) -> int:
        """In an orderly way; return the exit status of the one before."""
        status = await asyncio.to_thread(self.stop)
        await asyncio.to_thread(self.start)
        return status

    def metric(self, name: str) -> float:
        """What this process has counted under this name; 0 where it is not named yet."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics")
        request.add_header("Authorization", f"Bearer {TOKEN}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            lines = [line.split() for line in answer.read().decode().splitlines() if line.startswith(f"{name} ")]
        return float(lines[0][1]) if lines else 0.0

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"


@dataclass
class Cluster:
    """`port`: where people come in, at nginx where there is one."""

    kind: str
    servers: list[Server]
    database: Database
    port: int
    redis: Redis | None = None
    postgres: Postgres | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def populate(self, *, people: int, rooms: int) -> dict[str, Any]:
        """New people who are all in new rooms: {"rooms": [id], "sessions": [key]}. See populate.py."""
        command = [sys.executable, "-m", "tests.faults.populate", str(people), str(rooms), f"t{next(self._numbers)}"]
        made = subprocess.run(command, capture_output=True, text=True, **self.servers[0].options())
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout.splitlines()[-1])

    def heal(self) -> None:
        """Bring back whatever a test left lying."""
        for part in (self.postgres, self.redis, *self.servers):
            if part is not None and part.process.poll() is not None:
                part.start()


TOKEN = "what the tests ask /metrics with"
COMMON = {
    "SECRET_KEY": "all processes of the fault tests share it",
    "DJANGO_SETTINGS_MODULE": "chatsite.settings",
    "ENV_FILE": "/dev/null",
    "LOG_LEVEL": "warning",
    "CHAT_RATE": "0",
    "METRICS_TOKEN": TOKEN,
    "HOST": "127.0.0.1",
}


@contextmanager
def embedded(folder: Path) -> Iterator[Cluster]:
    """One process, SQLite, nothing else."""
    path = folder / "chatsite.sqlite3"
    server = Server(folder / "server", {**COMMON, "DATABASE_URL": f"sqlite:///{path}", "REDIS_URL": ""})
    with _started(server):
        yield Cluster("embedded", [server], SqliteDatabase(path), server.port)


@contextmanager
def organisation(folder: Path, processes: int = 3) -> Iterator[Cluster]:
    """Three processes on PostgreSQL and Redis behind nginx."""
    with ExitStack() as stack:
        postgres = Postgres()
        stack.callback(postgres.remove)
        redis = Redis(folder / "redis")
        stack.enter_context(_started(postgres, redis))
        environment = {**COMMON, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "TRUSTED_PROXIES": "127.0.0.1"}
        servers = [Server(folder / f"server{number}", environment) for number in range(1, processes + 1)]
        stack.enter_context(_started(*servers))
        nginx = Nginx(folder / "nginx", [server.port for server in servers])
        stack.enter_context(_started(nginx))
        yield Cluster("organisation", servers, PostgresDatabase(postgres.url), nginx.port, redis, postgres)


@contextmanager
def _started(*programs: Program) -> Iterator[None]:
    """One after the other: the first server makes the tables."""
    try:
        for program in programs:
            program.start()
        yield
    finally:
        for program in reversed(programs):
            program.stop()
