"""Health checks respond regardless of the state of pages, the database and Redis."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psycopg
import pytest

from chatsite.http.health import HealthMiddleware
from chatsite.http.readiness import Readiness
from tests.server import Site, run_site
from tests.services import postgres_server, redis_server


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
    assert ready(uvicorn) == (200, {"status": "ready", "database": "ok"})


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
                assert ready(site) == (503, {"status": "not ready", "database": "no answer"})
            assert httpx.get(f"{site.url}/health/live", timeout=30).status_code == 200
        assert ready(site)[0] == 200


def test_a_stopped_database_is_reported(services, tmp_path):
    stack, url = services
    with run_site("uvicorn", "", tmp_path, DATABASE_URL=url) as site:
        stack.close()
        assert ready(site) == (503, {"status": "not ready", "database": "away"})


def test_a_site_without_its_redis_stays_ready(tmp_path):
    with ExitStack() as stack:
        url = stack.enter_context(redis_server())
        with run_site("uvicorn", tmp_path / "site.sqlite3", tmp_path, REDIS_URL=url) as site:
            assert ready(site) == (200, {"status": "ready", "database": "ok", "redis": "ok"})
            stack.close()
            assert ready(site) == (200, {"status": "ready", "database": "ok", "redis": "away"})


@contextmanager
def locked_table(url: str) -> Iterator[None]:
    """Lock the table that the check reads."""
    with psycopg.connect(url) as locker:
        locker.execute("LOCK TABLE accounts_serverprocess IN ACCESS EXCLUSIVE MODE")
        yield
