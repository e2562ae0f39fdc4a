"""Raw requests and frames, including invalid ones, and measurements of their effect."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

from tests.live_client import LiveClient
from tests.server import Site

PATIENCE = 30.0
PAUSE = 0.01  # between pings
MAX_DELAY_SECONDS = 1.5  # for other clients; without limits, it is 4 to 12 s
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0


def frame(opcode: int, payload: bytes = b"", *, is_final: bool = True) -> bytes:
    """Return a frame masked with zeros."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([0x80 * is_final | opcode]) + size + bytes(4) + payload


def handshake(site: Site, *headers: str, path: str = "/ws/") -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{site.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        *headers,
    ]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE)


def open_websocket(site: Site, session: str) -> socket.socket:
    connection = connect(site)
    connection.sendall(handshake(site, f"Cookie: sessionid={session}"))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head
    return connection


def exchange(site: Site, data: bytes) -> bytes:
    """Send bytes on a new connection, and return everything received until the server closes it."""
    with connect(site) as connection:
        sending = threading.Thread(target=send, args=(connection, data), daemon=True)
        sending.start()
        return read_to_end(connection)


def send(connection: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # the server may close the connection at any time
        connection.sendall(data)


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            received += piece
    return received


def status_of(response: bytes) -> int:
    """Return the status of the first response, or 0 if there is none."""
    return int(response[9:12]) if response.startswith(b"HTTP/1.1 ") else 0


def close_code_of(received: bytes) -> int:
    """Return the code of the close frame at the end, or 0 if there is none."""
    start = received.rfind(b"\x88")
    return int.from_bytes(received[start + 2 : start + 4], "big") if start >= 0 else 0


@contextmanager
def flooding(connection: socket.socket, data: bytes) -> Iterator[bytearray]:
    """Send `data` repeatedly until the block ends. Yield the bytes received in the meantime."""
    received, is_over = bytearray(), threading.Event()
    connection.settimeout(1)

    def send() -> bool:
        connection.sendall(data)
        return True

    def receive() -> bool:
        piece = connection.recv(65_536)
        received.extend(piece)
        return bool(piece)

    threads = [threading.Thread(target=_repeat, args=(step, is_over)) for step in (send, receive)]
    for thread in threads:
        thread.start()
    try:
        yield received
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _repeat(step: Callable[[], bool], is_over: threading.Event) -> None:
    """Repeat a step until it returns False, the server closes the connection, or `is_over` is set."""
    while not is_over.is_set():
        try:
            if not step():
                return
        except TimeoutError:
            continue
        except OSError:
            return


def slowest_ping(client: LiveClient, *, seconds: float = inf, is_over: threading.Event | None = None) -> float:
    """Ping repeatedly, and return the longest response time in seconds."""
    slowest, end = 0.0, time.monotonic() + seconds
    is_over = is_over or threading.Event()
    while time.monotonic() < end and not is_over.wait(PAUSE):
        start = time.monotonic()
        client.call("ping")
        slowest = max(slowest, time.monotonic() - start)
        client.events.clear()
    return slowest


def memory_of(site: Site) -> int:
    """Return the resident memory of the server in bytes."""
    return int(Path(f"/proc/{site.process.pid}/statm").read_text().split()[1]) * 4096


def connections_of(site: Site) -> int:
    """Return the number of the server's open sockets. Its other open files vary with its threads."""
    return sum(_target(link).startswith("socket:") for link in Path(f"/proc/{site.process.pid}/fd").iterdir())


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:  # closed in the meantime
        return ""
