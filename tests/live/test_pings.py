"""WebSocket pings from a client that reads no pongs take no memory."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.factories import make_member
from tests.live_client import LiveClient, session_of

pytestmark = pytest.mark.slow

PING = b"\x89\xfd\0\0\0\0" + b"x" * 125  # masked with zeros
MEGABYTES = 24


def memory_of(pid: int) -> int:
    """Return the resident memory in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def open_websocket(site, cookie: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", site.port))
    request = [
        "GET /ws/ HTTP/1.1",
        f"Host: 127.0.0.1:{site.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        f"Cookie: sessionid={cookie}",
    ]
    connection.sendall(("\r\n".join(request) + "\r\n\r\n").encode())
    assert connection.recv(12) == b"HTTP/1.1 101"
    return connection


def test_unread_pongs_do_not_accumulate(uvicorn, everyone):
    pid = uvicorn.process.pid
    with (
        open_websocket(uvicorn, session_of(make_member(everyone))) as connection,
        LiveClient(uvicorn, make_member(everyone)) as other,
    ):
        before = memory_of(pid)
        with suppress(ConnectionError, TimeoutError):  # the server reads a few hundred pings, and then closes
            for _ in range(MEGABYTES):
                connection.sendall(PING * (2**20 // len(PING)))
        other.call("ping")  # by now the server has read the pings
        assert memory_of(pid) - before < MEGABYTES / 3 * 2**20
