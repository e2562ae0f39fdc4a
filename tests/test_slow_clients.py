"""Hundreds of clients that send or read one byte per second do not delay others."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from messaging.models import Message
from tests.factories import make_member, post
from tests.live_client import LiveClient, session_of
from tests.server import Site

SLOW = 200
PATIENCE = 120


@pytest.fixture
def big_page(everyone) -> str:
    """Return the path of a history page that fits into no socket buffer."""
    writer = make_member(everyone)
    for _ in range(50):
        post(everyone, writer, "so much to say " * 500)
    return f"/rooms/{everyone.pk}/messages/"


@pytest.mark.slow
def test_slow_clients_delay_no_one_else(uvicorn, everyone, big_page):
    reader = make_member(everyone)
    cookie = f"Cookie: sessionid={session_of(reader)}\r\n"
    form = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}Content-Length: 1000\r\n\r\n"
    ask = f"GET {big_page} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n"
    with LiveClient(uvicorn, make_member(everyone)) as client:
        with slow_clients(uvicorn, form.encode(), ask.encode()) as readers:
            readers.wait_until_all_have_responses()
            for _ in range(3):
                page = httpx.get(
                    f"{uvicorn.url}/rooms/{everyone.pk}/", headers={"Cookie": cookie[8:-2]}, timeout=PATIENCE
                )
                assert page.status_code == 200
                assert client.call("ping")["type"] == "ok"
            message = client.post(everyone.pk, "Still here")
        assert Message.objects.filter(pk=message["id"]).exists()


class SlowClients:
    """Half of the clients send a form and half read a page, one byte per second each."""

    def __init__(self, senders: list[socket.socket], readers: list[socket.socket]) -> None:
        self._senders = senders
        self._readers = readers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trickle)
        self._thread.start()

    def wait_until_all_have_responses(self) -> None:
        """Wait until each reader's response has begun; the rest of it waits in the server."""
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            for reader in self._readers:
                selector.register(reader, selectors.EVENT_READ)
            while selector.get_map():
                assert time.monotonic() < deadline, f"{len(selector.get_map())} got no response"
                for key, _ in selector.select(1):
                    selector.unregister(key.fileobj)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _trickle(self) -> None:
        while not self._stop.wait(1):
            for sender in self._senders:
                sender.send(b"x")
            for reader in self._readers:
                try:
                    reader.recv(1, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    continue  # its response is still being generated


@contextmanager
def slow_clients(site: Site, form: bytes, ask: bytes) -> Iterator[SlowClients]:
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(site)) for _ in range(2 * SLOW)]
        for connection in connections[:SLOW]:
            connection.sendall(form)
        for connection in connections[SLOW:]:
            connection.sendall(ask)
        clients = SlowClients(connections[:SLOW], connections[SLOW:])
        try:
            yield clients
        finally:
            clients.stop()


def connect(site: Site) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", site.port))
    return client
