"""Invalid WebSocket handshakes, and those for unknown paths, are refused immediately and leave nothing open."""

import pytest

from tests.attacks.wire import connections_of, exchange, handshake, status_of
from tests.waiting import wait_until

INVALID = {
    "129 headers": (431, [f"X-{number}: x" for number in range(129)]),
    "a header of 20,000 characters": (431, ["X: " + "x" * 20_000]),
    "a body": (400, ["Content-Length: 5"]),
    "a chunked body": (400, ["Transfer-Encoding: chunked"]),
    "two versions": (400, ["Sec-WebSocket-Version: 12"]),
    "two keys": (400, ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]),
}


@pytest.mark.parametrize(("status", "headers"), INVALID.values(), ids=INVALID)
def test_invalid_handshakes_are_refused(uvicorn, status, headers):
    before = connections_of(uvicorn)
    for _ in range(10):
        assert status_of(exchange(uvicorn, handshake(uvicorn, *headers))) == status
    wait_until(lambda: connections_of(uvicorn) <= before, "all connections are closed")


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/x", "/w%73/x", "/ws/%00", "/ws/%ff", "/a\xff", "/%0a", "/x" * 2000])
def test_handshakes_for_other_paths_are_refused_without_an_error(uvicorn, path):
    response = exchange(uvicorn, handshake(uvicorn, path=path))
    assert status_of(response) in (400, 404)
    assert "Traceback" not in uvicorn.log
