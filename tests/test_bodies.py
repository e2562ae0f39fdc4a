"""Slow and large requests hold no page's thread."""

import socket

import httpx
import pytest

from chatsite.bodies import WholeBodies


def application(seen: list):
    async def app(scope, receive, send):
        body, more = b"", True
        while more:
            event = await receive()
            body += event["body"]
            more = event["more_body"]
        seen.append(body)

    return app


def receiving(*events):
    left = list(events)

    async def receive():
        if not left:
            import asyncio

            await asyncio.sleep(60)
        return left.pop(0)

    return receive


def request(body: bytes, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


class Answers(list):
    async def __call__(self, event):
        self.append(event)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
async def test_a_body_arrives_whole_whatever_its_pieces(size):
    seen, answers = [], Answers()
    body = bytes(range(256)) * (size // 256 + 1)
    half = size // 2
    receive = receiving(request(body[:half], True), request(body[half:size]))
    await WholeBodies(application(seen))({}, receive, answers)
    assert seen == [body[:size]]


async def test_what_is_too_large_is_refused_before_it_is_all_here():
    seen, answers = [], Answers()
    receive = receiving(request(b"x" * 600, True), request(b"x" * 600, True))
    await WholeBodies(application(seen), max_bytes=1000)({}, receive, answers)
    assert (seen, answers[0]["status"]) == ([], 413)


async def test_what_takes_too_long_is_refused():
    seen, answers = [], Answers()
    await WholeBodies(application(seen), within=0.05)({}, receiving(request(b"x", True)), answers)
    assert (seen, answers[0]["status"]) == ([], 408)


async def test_who_leaves_half_way_gets_nothing():
    seen, answers = [], Answers()
    await WholeBodies(application(seen))({}, receiving(request(b"x", True), {"type": "http.disconnect"}), answers)
    assert (seen, answers) == ([], [])


def test_thirty_half_sent_forms_stall_no_page(uvicorn):
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx"
    slow = [socket.create_connection(("127.0.0.1", uvicorn.port)) for _ in range(30)]
    try:
        for line in slow:
            line.sendall(head)
        assert httpx.get(f"{uvicorn.url}/accounts/login/", timeout=60, follow_redirects=True).status_code == 200
    finally:
        for line in slow:
            line.close()
