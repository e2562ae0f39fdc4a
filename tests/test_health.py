"""Health checks respond regardless of the state of pages, the database and Redis."""

import asyncio
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import psycopg
import pytest
from django.db.backends.signals import connection_created

from chatsite.http.health import HealthMiddleware
from chatsite.http.readiness import INTERVAL_SECONDS, Readiness
from tests.server import Site, run_site
from tests.services import postgres_server, redis_server
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


async def teapot(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def get(path: str, readiness: Readiness | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(HealthMiddleware(teapot, readiness or Readiness()))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        return await client.get(path)


async def test_liveness_depends_on_nothing():
    response = await get("/health/live")
    assert (response.status_code, response.text) == (200, "ok\n")


async def test_other_paths_reach_the_application():
    assert (await get("/")).status_code == 418


@pytest.mark.django_db(transaction=True)
async def test_a_closing_process_is_not_ready():
    readiness = Readiness()
    assert (await get("/health/ready", readiness)).status_code == 200
    readiness.is_closing = True
    response = await get("/health/ready", readiness)
    assert (response.status_code, response.json()["status"]) == (503, "closing")


def ready(site: Site) -> tuple[int, dict[str, str]]:
    response = httpx.get(f"{site.url}/health/ready", timeout=30)
    return response.status_code, response.json()


def test_without_redis_the_database_makes_a_site_ready(uvicorn):
    assert ready(uvicorn) == (200, {"status": "ready", "database": "ok", "disk": "ok"})


@pytest.fixture
def services() -> Iterator[tuple[ExitStack, str]]:
    """Return a stack that stops PostgreSQL when closed, and its URL."""
    with ExitStack() as stack:
        yield stack, stack.enter_context(postgres_server())


def test_a_hanging_database_is_reported_and_recovers(services, tmp_path):
    _, url = services
    with run_site("uvicorn", "", tmp_path, DATABASE_URL=url) as site:
        assert ready(site)[0] == 200
        with locked_table(url):
            for _ in range(3):  # the check that hangs is not repeated
                assert ready(site) == (503, {"status": "not ready", "database": "no answer", "disk": "ok"})
            assert httpx.get(f"{site.url}/health/live", timeout=30).status_code == 200
        assert ready(site)[0] == 200


def test_a_stopped_database_is_reported(services, tmp_path):
    stack, url = services
    with run_site("uvicorn", "", tmp_path, DATABASE_URL=url) as site:
        stack.close()
        assert ready(site) == (503, {"status": "not ready", "database": "away", "disk": "ok"})


def test_a_site_without_its_redis_stays_ready(tmp_path):
    with ExitStack() as stack:
        url = stack.enter_context(redis_server())
        with run_site("uvicorn", tmp_path / "site.sqlite3", tmp_path, REDIS_URL=url) as site:
            assert ready(site) == (200, {"status": "ready", "database": "ok", "redis": "ok", "disk": "ok"})
            stack.close()
            assert ready(site) == (200, {"status": "ready", "database": "ok", "redis": "away", "disk": "ok"})


class TestWrites:
    """A database that can be read but not written to is not ready."""

    @pytest.fixture
    def site(self, tmp_path) -> Iterator[Site]:
        with run_site("uvicorn", tmp_path / "site.sqlite3", tmp_path) as site:
            assert ready(site)[0] == 200
            yield site

    def test_a_locked_database_is_reported_and_recovers(self, site):
        with closing(sqlite3.connect(site.data_dir / "site.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            status, report = ready(site)
            assert (status, report["status"]) == (503, "not ready")
            assert report["database"] in ("no answer", "locked")
            other.execute("ROLLBACK")
        wait_until(lambda: ready(site)[0] == 200, "it is ready")

    def test_full_disk_is_reported_and_recovers(self, site):
        limits = resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        assert ready(site)[0] == 503
        page = httpx.get(f"{site.url}/accounts/login/", timeout=30, follow_redirects=True)
        assert page.status_code in (200, 503)
        resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, limits)
        wait_until(lambda: ready(site)[0] == 200, "it is ready")

    @pytest.mark.django_db(transaction=True)
    async def test_a_read_only_database_is_reported(self):
        def prepare(connection, **_kwargs):
            if threading.current_thread().name.startswith("readiness"):
                connection.cursor().execute("PRAGMA query_only = ON")

        connection_created.connect(prepare)
        try:
            response = await get("/health/ready")
        finally:
            connection_created.disconnect(prepare)
        assert (response.status_code, response.json()["database"]) == (503, "read-only")

    @pytest.mark.django_db(transaction=True)
    async def test_many_requests_cause_few_writes(self):
        readiness = Readiness()
        begun, reports = time.monotonic(), []
        while time.monotonic() < begun + 2 * INTERVAL_SECONDS:
            reports += await asyncio.gather(*(readiness.report() for _ in range(20)))
        assert {report["status"] for report in reports} == {"ready"}
        assert len(reports) <= 20 * 4

    @pytest.mark.django_db(transaction=True)
    async def test_little_space_is_reported_although_the_site_is_ready(self, settings):
        settings.CHAT_FREE = 10**18
        response = await get("/health/ready")
        assert (response.status_code, response.json()["disk"]) == (200, "low")


@contextmanager
def locked_table(url: str) -> Iterator[None]:
    """Lock the table that the check reads."""
    with psycopg.connect(url) as locker:
        locker.execute("LOCK TABLE accounts_serverprocess IN ACCESS EXCLUSIVE MODE")
        yield
