"""A client that sends WebSocket pings and reads no pong costs no memory."""

import socket
from pathlib import Path

from tests.factories import make_member
from tests.live_client import LiveClient, session_of

PING = b"\x89\xfd\0\0\0\0" + b"x" * 125  # masked with nothing
MEGABYTES = 24


def memory_of(pid: int) -> int:
    """Resident, in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def knock(site, cookie: str) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", site.port))
    lines = [
        "GET /ws/ HTTP/1.1",
        f"Host: 127.0.0.1:{site.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        f"Cookie: sessionid={cookie}",
    ]
    line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert line.recv(12) == b"HTTP/1.1 101"
    return line


def test_pings_of_a_client_that_reads_no_pong_do_not_pile_up(uvicorn, everyone):
    pid = uvicorn.process.pid
    with knock(uvicorn, session_of(make_member(everyone))) as line, LiveClient(uvicorn, make_member(everyone)) as other:
        before = memory_of(pid)
        for _ in range(MEGABYTES):
            line.sendall(PING * (2**20 // len(PING)))
        other.call("ping")  # the server has read what came before
        assert memory_of(pid) - before < MEGABYTES / 3 * 2**20
