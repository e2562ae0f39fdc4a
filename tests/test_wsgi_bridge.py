"""The bridge from ASGI to WSGI: requests, responses, threads and slow clients."""

import asyncio
import threading
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session

from accounts.http import LongResponse
from chatsite.http import wsgi_bridge
from chatsite.http.wsgi_bridge import WSGIBridge, environ_of
from messaging.runtime import engine
from tests.factories import make_user
from tests.live_client import session_of
from tests.waiting import until


class FakeApplication:
    """A WSGI application that responds with `chunks` and records the request."""

    def __init__(self, *chunks: bytes, status: str = "200 OK", headers: tuple = ()) -> None:
        self.chunks, self.status, self.headers = chunks, status, list(headers)
        self.environ: dict[str, Any] = {}
        self.body = b""
        self.closed = 0

    def __call__(self, environ, start_response):
        self.environ = environ
        self.body = environ["wsgi.input"].read()
        start_response(self.status, self.headers)
        return self

    def __iter__(self):
        return iter(self.chunks)

    def close(self) -> None:
        self.closed += 1


async def fetch(application, method: str = "GET", path: str = "/", **request: Any) -> httpx.Response:
    transport = httpx.ASGITransport(WSGIBridge(application, threads=2), client=("198.51.100.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://site:8000") as client:
        return await client.request(method, path, **request)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
async def test_bodies_pass_both_ways_unchanged(size):
    body = bytes(range(256)) * (size // 256 + 1)
    application = FakeApplication(body[: size // 2], body[size // 2 : size])
    response = await fetch(application, "POST", content=body[:size])
    assert response.content == body[:size]
    assert application.body == body[:size]
    assert application.closed == 1


def long_response(*, steps: list[str], sizes: list[int]):
    """A WSGI application with a LongResponse that records each step."""

    class RecordedResponse(LongResponse):
        def close(self) -> None:
            super().close()
            steps.append("closed")

    def pieces():
        for size in sizes:
            steps.append(threading.current_thread().name.partition("_")[0])
            yield b"x" * size

    def application(environ, start_response):
        start_response("200 OK", [])
        return RecordedResponse(pieces())

    return application


async def test_a_long_response_has_no_size_limit(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "MAX_RESPONSE_BYTES", 1000)
    steps: list[str] = []
    response = await fetch(long_response(steps=steps, sizes=[800, 800, 0, 800]))
    assert len(response.content) == 2400
    assert steps == ["long", "long", "long", "long", "closed"]


@pytest.mark.parametrize("disconnects", [False, True])
async def test_a_long_response_waits_for_a_slow_client_without_a_thread(disconnects):
    """It is closed when the client disconnects."""
    steps: list[str] = []
    application = WSGIBridge(long_response(steps=steps, sizes=[10] * 5), threads=1)
    has_read, has_disconnected = asyncio.Event(), asyncio.Event()
    events = iter([{"type": "http.request"}])

    async def receive():
        if (event := next(events, None)) is not None:
            return event
        await has_disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(event):
        if event.get("body"):
            await has_read.wait()

    scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http", "headers": []}
    slow = asyncio.create_task(application(scope, receive, send))
    await until(lambda: steps == ["long"], "the first piece")
    transport = httpx.ASGITransport(application)
    application._application = FakeApplication(b"in between")
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        assert (await client.get("/")).content == b"in between"
    assert steps == ["long"]
    if disconnects:
        has_disconnected.set()
        await asyncio.sleep(0)
    has_read.set()
    await slow
    assert steps == (["long", "closed"] if disconnects else ["long"] * 5 + ["closed"])


@pytest.mark.django_db(transaction=True)
async def test_a_long_response_ends_with_its_session(settings):
    """For example, an export that an intruder started with the session."""
    settings.CHAT_POLL_SECONDS = 0.02
    session = await sync_to_async(lambda: session_of(make_user()))()
    steps: list[str] = []
    sent: list[dict] = []

    async def receive():
        return {"type": "http.request"} if not steps else await asyncio.Future()

    async def send(event):
        sent.append(event)
        if event.get("body"):
            await asyncio.Future()  # the client reads nothing more

    scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http", "headers": []}
    bridge = WSGIBridge(long_response(steps=steps, sizes=[10] * 5), threads=1)
    slow = asyncio.create_task(bridge(scope | {"cookies": {"sessionid": session}}, receive, send))
    await until(lambda: steps == ["long"], "the first piece")
    await asyncio.sleep(0.1)
    assert not slow.done()
    await Session.objects.all().adelete()
    await asyncio.wait_for(slow, 60)
    assert steps == ["long", "closed"]
    assert [event.get("body") for event in sent] == [None, b"x" * 10]
    await engine.stop()


async def test_status_and_headers_are_sent():
    application = FakeApplication(
        b"", status="404 Not Found", headers=(("X-One", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b"))
    )
    response = await fetch(application)
    assert response.status_code == 404
    assert response.headers["x-one"] == "1"
    assert response.headers.get_list("set-cookie") == ["a", "b"]


async def test_the_environ_describes_the_request():
    application = FakeApplication()
    await fetch(application, path="/caf%C3%A9/?q=a%20b", headers={"X-One": "1", "Content-Type": "text/plain"})
    environ = application.environ
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café/"
    assert environ["QUERY_STRING"] == "q=a%20b"
    assert (environ["HTTP_HOST"], environ["HTTP_X_ONE"], environ["CONTENT_TYPE"]) == ("site:8000", "1", "text/plain")
    assert (environ["REMOTE_ADDR"], environ["REQUEST_METHOD"]) == ("198.51.100.7", "GET")


def test_repeated_headers_are_joined_and_names_with_underscores_dropped():
    headers = [
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"accept", b"x"),
        (b"accept", b"y"),
        (b"x_forwarded_for", b"z"),
    ]
    scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http"}
    environ = environ_of({**scope, "headers": headers}, None)
    assert (environ["HTTP_COOKIE"], environ["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")
    assert "HTTP_X_FORWARDED_FOR" not in environ


async def test_a_response_over_the_limit_is_an_error(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "MAX_RESPONSE_BYTES", 1000)
    application = FakeApplication(b"x" * 600, b"x" * 600)
    with pytest.raises(ValueError, match="larger than"):
        await fetch(application)
    assert application.closed == 1


async def test_no_thread_waits_for_slow_clients():
    """More responses than threads wait for their clients, and another response is still generated."""
    application = FakeApplication(b"x" * 200_000)
    bridge = WSGIBridge(application, threads=1)
    is_read = asyncio.Event()

    async def block(event: dict) -> None:
        await is_read.wait()

    slow = [asyncio.create_task(bridge(scope(), complete_request, block)) for _ in range(5)]
    events: list[dict] = []

    async def collect(event: dict) -> None:
        events.append(event)

    async with asyncio.timeout(30):
        await bridge(scope(), complete_request, collect)
        assert sum(len(event.get("body", b"")) for event in events) == 200_000
        is_read.set()
        await asyncio.gather(*slow)


async def test_responses_are_made_in_page_threads():
    names = []

    def application(environ, start_response):
        names.append(threading.current_thread().name)
        return FakeApplication()(environ, start_response)

    await fetch(application)
    assert names[0].startswith("page")


def scope() -> dict[str, Any]:
    return {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http", "headers": []}


async def complete_request() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_addresses_take_turns():
    """Otherwise, forty requests from one address would be served before those of others."""
    go_on = threading.Event()
    answered: list[str] = []

    def application(environ, start_response):
        go_on.wait(10)
        answered.append(environ["REMOTE_ADDR"])
        start_response("200 OK", [])
        return FakeApplication(b"done")

    bridge = WSGIBridge(application, threads=2)

    async def get(address: str) -> int:
        transport = httpx.ASGITransport(bridge, client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return (await client.get("/")).status_code

    many = [asyncio.create_task(get("203.0.113.9")) for _ in range(40)]
    await until(lambda: len(bridge._pages._waiting) == 39, "all are waiting")
    others = [asyncio.create_task(get(f"192.0.2.{number}")) for number in range(2)]
    await until(lambda: len(bridge._pages._waiting) == 40, "one of the others is waiting too")
    go_on.set()
    assert await asyncio.gather(*others) == [200, 200]
    await asyncio.gather(*many)
    assert max(answered.index(f"192.0.2.{number}") for number in range(2)) <= 6


async def test_login_form_has_a_lower_limit():
    response = await fetch(FakeApplication(), "POST", "/accounts/login/", content=b"x" * 65_537)
    assert response.status_code == 413
