"""The bridge from ASGI to Django's pages: what goes in and comes out, and who waits for whom."""

import asyncio
import threading
from typing import Any

import httpx
import pytest

from accounts.http import LongResponse
from chatsite.http import wsgi_bridge
from chatsite.http.wsgi_bridge import Pages, environ_of
from tests.waiting import until


class Answer:
    """A WSGI application that answers `chunks`, and remembers what it was asked."""

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


async def ask(application, method: str = "GET", path: str = "/", **request: Any) -> httpx.Response:
    transport = httpx.ASGITransport(Pages(application, threads=2), client=("198.51.100.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://site:8000") as client:
        return await client.request(method, path, **request)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
async def test_bodies_go_in_and_come_out_whole(size):
    body = bytes(range(256)) * (size // 256 + 1)
    application = Answer(body[: size // 2], body[size // 2 : size])
    answer = await ask(application, "POST", content=body[:size])
    assert answer.content == body[:size]
    assert application.body == body[:size]
    assert application.closed == 1


def long_answer(*, steps: list[str], sizes: list[int]):
    """A WSGI application that answers at length, and notes each step."""

    class Told(LongResponse):
        def close(self) -> None:
            super().close()
            steps.append("closed")

    def pieces():
        for size in sizes:
            steps.append(threading.current_thread().name.partition("_")[0])
            yield b"x" * size

    def application(environ, start_response):
        start_response("200 OK", [])
        return Told(pieces())

    return application


async def test_a_long_answer_may_be_larger_than_any_other(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "MAX_ANSWER_BYTES", 1000)
    steps: list[str] = []
    answer = await ask(long_answer(steps=steps, sizes=[800, 800, 0, 800]))
    assert len(answer.content) == 2400
    assert steps == ["long", "long", "long", "long", "closed"]


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_long_answer_waits_for_its_reader_without_a_thread(leaves):
    """And when they leave, its end is told."""
    steps: list[str] = []
    application = Pages(long_answer(steps=steps, sizes=[10] * 5), threads=1)
    has_read, has_left = asyncio.Event(), asyncio.Event()
    events = iter([{"type": "http.request"}])

    async def receive():
        if (event := next(events, None)) is not None:
            return event
        await has_left.wait()
        return {"type": "http.disconnect"}

    async def send(event):
        if event.get("body"):
            await has_read.wait()

    scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http", "headers": []}
    slow = asyncio.create_task(application(scope, receive, send))
    await until(lambda: steps == ["long"], "the first piece")
    transport = httpx.ASGITransport(application)
    application._application = Answer(b"in between")
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        assert (await client.get("/")).content == b"in between"
    assert steps == ["long"]
    if leaves:
        has_left.set()
        await asyncio.sleep(0)
    has_read.set()
    await slow
    assert steps == (["long", "closed"] if leaves else ["long"] * 5 + ["closed"])


async def test_status_and_headers_come_out():
    application = Answer(
        b"", status="404 Not Found", headers=(("X-One", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b"))
    )
    answer = await ask(application)
    assert answer.status_code == 404
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a", "b"]


async def test_the_request_is_described_as_wsgi_wants_it():
    application = Answer()
    await ask(application, path="/caf%C3%A9/?q=a%20b", headers={"X-One": "1", "Content-Type": "text/plain"})
    environ = application.environ
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café/"
    assert environ["QUERY_STRING"] == "q=a%20b"
    assert (environ["HTTP_HOST"], environ["HTTP_X_ONE"], environ["CONTENT_TYPE"]) == ("site:8000", "1", "text/plain")
    assert (environ["REMOTE_ADDR"], environ["REQUEST_METHOD"]) == ("198.51.100.7", "GET")


def test_repeated_headers_are_joined_and_underscores_pass_for_no_hyphen():
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


async def test_an_answer_beyond_all_bounds_is_an_error(monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "MAX_ANSWER_BYTES", 1000)
    application = Answer(b"x" * 600, b"x" * 600)
    with pytest.raises(ValueError, match="larger than"):
        await ask(application)
    assert application.closed == 1


async def test_no_thread_waits_for_who_does_not_read():
    """More answers than threads wait for their readers, and yet another is made."""
    application = Answer(b"x" * 200_000)
    bridge = Pages(application, threads=1)
    is_read = asyncio.Event()

    async def unread(event: dict) -> None:
        await is_read.wait()

    slow = [asyncio.create_task(bridge(scope(), whole, unread)) for _ in range(5)]
    events: list[dict] = []

    async def read(event: dict) -> None:
        events.append(event)

    async with asyncio.timeout(30):
        await bridge(scope(), whole, read)
        assert sum(len(event.get("body", b"")) for event in events) == 200_000
        is_read.set()
        await asyncio.gather(*slow)


async def test_answers_are_made_in_threads_of_their_own():
    names = []

    def application(environ, start_response):
        names.append(threading.current_thread().name)
        return Answer()(environ, start_response)

    await ask(application)
    assert names[0].startswith("page")


def scope() -> dict[str, Any]:
    return {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http", "headers": []}


async def whole() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}
