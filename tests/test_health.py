"""The process answers for itself, whatever becomes of pages, database and Redis."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psycopg
import pytest

from chatsite.http.health import HealthFirst
from chatsite.http.readiness import Readiness
from tests.server import Site, run_site
from tests.services import postgres_server, redis_server


async def teapot(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def get(path: str, readiness: Readiness | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(HealthFirst(teapot, readiness or Readiness()))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        return await client.get(path)


async def test_being_alive_hangs_on_nothing():
    answer = await get("/health/live")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_other_pages_are_left_alone():
    assert (await get("/")).status_code == 418


@pytest.mark.django_db(transaction=True)
async def test_a_closing_process_takes_itself_out_of_service():
    readiness = Readiness()
    assert (await get("/health/ready", readiness)).status_code == 200
    readiness.is_closing = True
    answer = await get("/health/ready", readiness)
    assert (answer.status_code, answer.json()["status"]) == (503, "closing")


def ready(site: Site) -> tuple[int, dict[str, str]]:
    answer = httpx.get(f"{site.url}/health/ready", timeout=30)
    return answer.status_code, answer.json()


def test_an_embedded_site_is_ready_by_its_database_alone(uvicorn):
    assert ready(uvicorn) == (200, {"status": "ready", "database": "ok"})


@pytest.fixture
def services() -> Iterator[tuple[ExitStack, str]]:
    """PostgreSQL, and a stack on which it runs: closing that stops it."""
    with ExitStack() as stack:
        yield stack, stack.enter_context(postgres_server())


def test_a_database_that_hangs_is_named_and_comes_back(services, tmp_path):
    _, url = services
    with run_site("uvicorn", "", tmp_path, DATABASE_URL=url) as site:
        assert ready(site)[0] == 200
        with hanging(url):
            for _ in range(3):  # the hanging question is not asked again and again
                assert ready(site) == (503, {"status": "not ready", "database": "no answer"})
            assert httpx.get(f"{site.url}/health/live", timeout=30).status_code == 200
        assert ready(site)[0] == 200


def test_a_database_that_is_away_is_named(services, tmp_path):
    stack, url = services
    with run_site("uvicorn", "", tmp_path, DATABASE_URL=url) as site:
        stack.close()
        assert ready(site) == (503, {"status": "not ready", "database": "away"})


def test_redis_away_is_told_and_the_site_stays_in_service(tmp_path):
    with ExitStack() as stack:
        url = stack.enter_context(redis_server())
        with run_site("uvicorn", tmp_path / "site.sqlite3", tmp_path, REDIS_URL=url) as site:
            assert ready(site) == (200, {"status": "ready", "database": "ok", "redis": "ok"})
            stack.close()
            assert ready(site) == (200, {"status": "ready", "database": "ok", "redis": "away"})


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """Lock the table that is asked for: whoever reads it waits."""
    with psycopg.connect(url) as locker:
        locker.execute("LOCK TABLE accounts_serverprocess IN ACCESS EXCLUSIVE MODE")
        yield
