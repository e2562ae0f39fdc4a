"""Endless requests neither delay other clients nor stay in the server's memory."""

import threading
import time

import pytest

from tests.attacks.wire import (
    MAX_DELAY_SECONDS,
    connect,
    exchange,
    memory_of,
    read_to_end,
    send,
    slowest_ping,
    status_of,
)
from tests.factories import make_member
from tests.live_client import LiveClient, session_of

MEGABYTE = 2**20
SIZE = 60 * MEGABYTE
MAX_GROWTH = 20 * MEGABYTE
SECONDS = 2.0

GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /rooms/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

pytestmark = [pytest.mark.usefixtures("any_member"), pytest.mark.slow]

ENDLESS = {
    "address": (414, b"GET /" + b"x" * SIZE),
    "query": (414, b"GET /?q=" + b"x" * SIZE),
    "method": (400, b"X" * SIZE),
    "header": (431, GET + b"X: " + b"x" * SIZE),
    "header name": (431, GET + b"x" * SIZE),
    "cookie": (431, GET + b"Cookie: " + b"a=b; " * (SIZE // 5)),
    "headers": (431, GET + b"a: b\r\n" * 2_000_000),
    "blank lines": (431, b"\r\n" * (SIZE // 2)),
    "trailer": (400, CHUNKED + b"1\r\nx\r\n0\r\na: " + b"x" * SIZE),
    "trailers": (400, CHUNKED + b"1\r\nx\r\n0\r\n" + b"a: b\r\n" * 2_000_000),
    "chunk extension": (400, CHUNKED + b"1;a=" + b"x" * SIZE),
    "chunks of one byte": (400, CHUNKED + b"1\r\nx\r\n" * 2_000_000),
}


@pytest.mark.parametrize(("status", "request_bytes"), ENDLESS.values(), ids=ENDLESS)
def test_endless_request_is_rejected_and_delays_no_one_else(uvicorn, everyone, status, request_bytes):
    before = memory_of(uvicorn)
    responses: list[bytes] = []
    attack = threading.Thread(target=lambda: responses.append(exchange(uvicorn, request_bytes)))
    with LiveClient(uvicorn, make_member(everyone)) as other:
        attack.start()
        assert slowest_ping(other, seconds=SECONDS) < MAX_DELAY_SECONDS
        attack.join()
    assert status_of(responses[0]) == status
    assert b"\r\nconnection: close\r\n" in responses[0]
    assert memory_of(uvicorn) - before < MAX_GROWTH


def test_pipelined_requests_are_cut_off(uvicorn, everyone):
    before = memory_of(uvicorn)
    with connect(uvicorn) as connection, LiveClient(uvicorn, make_member(everyone)) as other:
        attack = threading.Thread(target=send, args=(connection, (GET + b"\r\n") * 800_000))
        attack.start()
        assert slowest_ping(other, seconds=SECONDS) < MAX_DELAY_SECONDS  # reads no response
        attack.join()
        assert read_to_end(connection).count(b"HTTP/1.1 ") <= 1
    assert memory_of(uvicorn) - before < MAX_GROWTH


def test_a_few_pipelined_requests_are_answered_in_order(uvicorn):
    paths = ["/health/live", "/nowhere/", "/accounts/login/", "/health/live"]
    head = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n"
    requests = [head.format(path, "") for path in paths] + [head.format("/health/live", "Connection: close\r\n")]
    response = exchange(uvicorn, "".join(requests).encode())
    assert [int(part[:3]) for part in response.split(b"HTTP/1.1 ")[1:]] == [200, 404, 200, 200, 200]


def test_disconnect_during_pipelined_requests_raises_no_error(uvicorn, everyone):
    for _ in range(20):
        with connect(uvicorn) as connection:
            connection.sendall((GET + b"\r\n") * 5)
    assert exchange(uvicorn, GET + b"Connection: close\r\n\r\n")
    assert "Traceback" not in uvicorn.log


@pytest.mark.parametrize("size", [8_000, 30_000])
def test_a_header_of_an_ordinary_size_is_accepted(uvicorn, everyone, size):
    request = GET.replace(b"/ ", b"/health/live ") + b"Connection: close\r\nCookie: a=" + b"x" * size + b"\r\n\r\n"
    assert status_of(exchange(uvicorn, request)) == 200


@pytest.mark.parametrize("header", [b"Content-Type", b"Accept"])
def test_headers_with_costly_parameters_are_rejected(uvicorn, header):
    costly = header + b': a;"' + b";" * 900 + b"\r\n"
    assert status_of(exchange(uvicorn, GET + b"Connection: close\r\n" + costly + b"\r\n")) != 431
    assert status_of(exchange(uvicorn, GET + costly + costly + b"\r\n")) == 431


def test_a_cookie_that_is_costly_to_unquote_is_ignored(uvicorn, everyone):
    member = make_member(everyone)
    cookies = b'Cookie: a="' + b"\\" * 30_000 + b'"; sessionid=' + session_of(member).encode()
    start = time.monotonic()
    request = GET.replace(b"/ ", b"/session/ ") + b"Connection: close\r\n" + cookies + b"; b=c\r\n\r\n"
    assert status_of(exchange(uvicorn, request)) == 200  # the session cookie is still accepted
    assert time.monotonic() - start < MAX_DELAY_SECONDS  # on the event loop, it took 4.7 s before Python 3.11.10


def test_chunks_of_an_ordinary_size_are_accepted(uvicorn, everyone):
    piece = b"%x\r\n%s\r\n" % (1000, b"x" * 1000)
    request = CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + piece * 1000 + b"0\r\n\r\n"
    assert status_of(exchange(uvicorn, request)) == 403  # it was read, but has no CSRF token


def test_trailer_is_not_treated_as_a_header(uvicorn, everyone):
    """Otherwise, a client could replace the headers that the proxy has checked."""
    trailer = b"1\r\nx\r\n0\r\nX-HTTP-Method-Override: DELETE\r\nHost: elsewhere\r\n\r\n"
    request = CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + trailer
    assert status_of(exchange(uvicorn, request)) == 403
