"""The two deployments under test: one process on SQLite, and three with PostgreSQL and Redis behind nginx."""

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

import pytest

from tests.faults.database import Database, PostgresDatabase, SqliteDatabase
from tests.faults.nginx import Nginx
from tests.faults.services import Postgres, Redis, Service
from tests.server import collected

ROOT = Path(__file__).resolve().parents[2]


class Server(Service):
    """A process of `python -m chatsite.server`, or of another module that runs it."""

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
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/live", timeout=5) as response:
                return response.status == 200
        except (URLError, ConnectionError, TimeoutError):
            return False

    @asynccontextmanager
    async def reconfigured(self, *, module: str = "", **environment: str) -> AsyncIterator[None]:
        """Restart with this module and these settings; restore both when the block ends."""
        before = self.module, self.environment
        self.module, self.environment = module or self.module, {**self.environment, **environment}
        try:
            await self.restart()
            yield
        finally:
            self.module, self.environment = before
            await self.restart()

    async def restart(self) -> int:
        """Stop gracefully and start again; return the exit status of the stopped process."""
        status = await asyncio.to_thread(self.stop)
        await asyncio.to_thread(self.start)
        return status

    def metric(self, name: str) -> float:
        """Return the value of this process's metric, or 0 if it is not exported yet."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics")
        request.add_header("Authorization", f"Bearer {TOKEN}")
        with urllib.request.urlopen(request, timeout=10) as response:
            lines = [line.split() for line in response.read().decode().splitlines() if line.startswith(f"{name} ")]
        return float(lines[0][1]) if lines else 0.0

    @property
    def memory(self) -> int:
        """Resident memory in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"


@dataclass
class Cluster:
    """A running deployment. `port`: the port for clients, which is nginx's if there is one."""

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

    def populate(self, *, users: int, rooms: int) -> dict[str, Any]:
        """Create users who are members of new rooms; return {"rooms": [id], "sessions": [key]}. See populate.py."""
        command = [sys.executable, "-m", "tests.faults.populate", str(users), str(rooms), f"t{next(self._numbers)}"]
        result = subprocess.run(command, capture_output=True, text=True, **self.servers[0].options())
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    def restart_stopped(self) -> None:
        """Start every service that a test left stopped."""
        for service in (self.postgres, self.redis, *self.servers):
            if service is not None and service.process.poll() is not None:
                service.start()


TOKEN = "token-for-metrics"
COMMON = {
    "SECRET_KEY": "shared by all processes of the fault tests",
    "DJANGO_SETTINGS_MODULE": "chatsite.settings",
    "ENV_FILE": "/dev/null",
    "LOG_LEVEL": "warning",
    "CHAT_RATE": "0",
    "CHAT_MAX_CONNECTIONS_PER_PERSON": "0",
    "METRICS_TOKEN": TOKEN,
    "HOST": "127.0.0.1",
}


@contextmanager
def embedded(folder: Path) -> Iterator[Cluster]:
    """Run one process on SQLite."""
    path = folder / "chatsite.sqlite3"
    server = Server(folder / "server", {**COMMON, "DATABASE_URL": f"sqlite:///{path}", "REDIS_URL": ""})
    with _started(server):
        yield Cluster("embedded", [server], SqliteDatabase(path), server.port)


@contextmanager
def organization(folder: Path, processes: int = 3) -> Iterator[Cluster]:
    """Run several processes on PostgreSQL and Redis behind nginx."""
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
        yield Cluster("organization", servers, PostgresDatabase(postgres.url), nginx.port, redis, postgres)


@contextmanager
def _started(*services: Service) -> Iterator[None]:
    """Start the services one by one, since the first server creates the tables; stop them in reverse."""
    try:
        for service in services:
            service.start()
        yield
    finally:
        for service in reversed(services):
            service.stop()


def on_clusters(*short: str, whole: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Run a test on these deployments, `embedded` or `organization`; those of `whole` only with FAULTS=whole."""
    whole_only = [pytest.param(name, marks=pytest.mark.whole) for name in whole]
    return pytest.mark.parametrize("cluster", [*short, *whole_only], indirect=True)
