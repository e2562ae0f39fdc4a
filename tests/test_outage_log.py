"""A server logs one line when an outage begins, one when it ends, and nothing else."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.checkout import ROOT
from tests.server import collected
from tests.services import answers, free_port, postgres_server, redis_server, running
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


class Log:
    """A server's log, as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[str]:
        """Return the lines without times, dates and numbers that differ."""
        lines = self._path.read_text().splitlines()
        return [re.sub(r"^\S+ \S+ |after \d+ s", "", line) for line in lines]

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def serve(stack: ExitStack, folder: Path, **settings: str) -> tuple[str, Log]:
    """Run a server until the end of the test. Return its URL and its log."""
    port, log = free_port(), folder / "log"
    program = f"import sys; sys.stderr = open({str(log)!r}, 'a', 1); from chatsite.server.main import main; main()"
    values = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "LOG_LEVEL": "warning", **settings}
    (folder / "static").symlink_to(collected())
    log.touch()
    url = f"http://127.0.0.1:{port}"
    stack.enter_context(running([sys.executable, "-c", program], lambda: answers(port), env=values, cwd=ROOT))
    wait_until(lambda: ready(url)["status"] == "ready", "it is ready")
    return url, Log(log)


def ready(url: str) -> dict[str, str]:
    try:
        return httpx.get(f"{url}/health/ready", timeout=30).json()
    except httpx.TransportError:
        return {"status": "starting"}


def visit(url: str, seconds: float) -> list[int]:
    """Load a page that needs the database."""
    statuses, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        statuses.append(httpx.get(f"{url}/accounts/login/", timeout=60, follow_redirects=True).status_code)
    return statuses


def test_an_outage_of_redis_is_two_lines(stack, tmp_path):
    port = free_port()
    with redis_server(port) as address:
        url, log = serve(stack, tmp_path, REDIS_URL=address)
        visit(url, 1)
    visit(url, 4)
    with redis_server(port):
        wait_until(lambda: log.has("Redis is available again"), lambda: f"it is back: {log.lines()}")
        visit(url, 1)
        lines = log.lines()
    assert_two_lines(lines, "Redis")


def test_an_outage_of_the_database_is_two_lines_and_pages_are_503(stack, tmp_path):
    with ExitStack() as database:
        address = database.enter_context(postgres_server())
        url, log = serve(stack, tmp_path, DATABASE_URL=address)
        visit(url, 1)
        with paused(address):
            assert 503 in visit(url, 4)
            assert ready(url)["status"] == "not ready"
        wait_until(lambda: log.has("The database is available again"), lambda: f"it is back: {log.lines()}")
        visit(url, 1)
        lines = log.lines()
    assert_two_lines(lines, "The database")


def assert_two_lines(lines: list[str], service: str) -> None:
    assert len(lines) == 2, "\n".join(lines)
    assert lines[0].startswith(f"ERROR live.outages: {service} is unavailable: ")
    assert lines[1].startswith(f"WARNING live.outages: {service} is available again")


class paused:
    """Refuse and close all connections to a database, as when it restarts."""

    def __init__(self, url: str) -> None:
        self._url = url.rpartition("/")[0] + "/template1"

    def __enter__(self) -> None:
        self._execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false")
        self._execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'")

    def __exit__(self, *exc: object) -> None:
        self._execute("ALTER DATABASE postgres ALLOW_CONNECTIONS true")

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)
