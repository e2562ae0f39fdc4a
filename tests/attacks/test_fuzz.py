"""Random frames and requests leave no traceback in the log and no open files, use up no memory, and delay no one.

FUZZ_FRAMES and FUZZ_REQUESTS set how many are sent, and FUZZ_SEED the random sequence.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from random import Random

import httpx
import pytest
from django.db import connections

from accounts.models import User
from tests.attacks.fuzz import random_frame, random_request
from tests.attacks.wire import (
    MAX_DELAY_SECONDS,
    PING,
    connect,
    connections_of,
    frame,
    memory_of,
    open_websocket,
    slowest_ping,
    status_of,
)
from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site
from tests.waiting import wait_until

COUNT = "20000" if os.environ.get("CI") else "4000"
FRAMES = int(os.environ.get("FUZZ_FRAMES", COUNT))
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", COUNT))
SEED = os.environ.get("FUZZ_SEED", "1")
JOB = 50  # frames or requests. A request may log out, so each job has its own session
CLIENTS = 8
WARM_UP_JOBS = 40  # until caches are full and threads have started
MAX_GROWTH = 30 * 2**20
RESPONSE_SECONDS = 0.5  # to a request, after which it is considered incomplete
REACTION_SECONDS = 0.05  # to a frame, after which it is considered incomplete
PROBE, REACTION = frame(PING, b"probe"), b"\x8a\x05probe"

pytestmark = pytest.mark.slow


@pytest.fixture
def fuzzed_site(uvicorn, everyone):
    """A site that is checked during the test for slow responses, and after it for tracebacks and open files."""
    print(f"FUZZ_SEED={SEED}")
    member = make_member(everyone)
    before, logged = connections_of(uvicorn), len(uvicorn.log)
    is_over = threading.Event()
    with LiveClient(uvicorn, member) as bystander, ThreadPoolExecutor(1) as executor:
        slowest = executor.submit(slowest_ping, bystander, is_over=is_over)
        yield uvicorn
        is_over.set()
        assert slowest.result() < MAX_DELAY_SECONDS
    room = make_room()  # the others may have been deleted
    with LiveClient(uvicorn, make_member(room)) as client:
        assert client.post(room.pk, "Still here")["body"] == "Still here"
    assert httpx.get(f"{uvicorn.url}/accounts/login/").status_code == 200
    assert "Traceback" not in uvicorn.log[logged:], uvicorn.log[logged:][-5_000:]
    wait_until(lambda: connections_of(uvicorn) <= before, "all connections are closed")


def test_random_frames(fuzzed_site, everyone):
    sessions = [session_of(make_member(everyone)) for _ in range(CLIENTS)]

    def send_frames(number: int) -> None:
        random, left = Random(f"frames {SEED} {number}"), JOB
        while left:
            with closing(open_websocket(fuzzed_site, sessions[number % CLIENTS])) as connection, suppress(OSError):
                connection.settimeout(REACTION_SECONDS)
                is_answered = True
                while left and is_answered:
                    left -= 1
                    connection.sendall(random_frame(random) + PROBE)
                    is_answered = _is_answered(connection)

    _run(fuzzed_site, send_frames, FRAMES // JOB)


def _is_answered(connection: socket.socket) -> bool:
    """Return whether the server answers a ping. Raises TimeoutError if it waits for the end of the frame."""
    received = b""
    while REACTION not in received:
        piece = connection.recv(65_536)
        if not piece:
            return False
        received = received[-len(REACTION) :] + piece
    return True


def test_random_requests(fuzzed_site):
    failed = []

    def send_requests(number: int) -> None:
        random, session = Random(f"requests {SEED} {number}"), _admins_session()
        for _ in range(JOB):
            request = random_request(random, session)
            if _status(fuzzed_site, request) >= 500:
                failed.append(request[:2_000])

    _run(fuzzed_site, send_requests, REQUESTS // JOB)
    assert failed == []


_local = threading.local()


def _admins_session() -> str:
    """Log in as the thread's admin, who is replaced once a request has suspended, deleted or demoted them."""
    admins = User.objects.filter(is_active=True, is_superuser=True)
    _local.admin = admins.filter(pk=getattr(_local, "admin", User()).pk).first()
    _local.admin = _local.admin or make_user(is_staff=True, is_superuser=True)
    return session_of(_local.admin)


def _status(site: Site, request: bytes) -> int:
    """Return the status of the response, or 0 if there is none, because the request is incomplete."""
    with connect(site) as connection, suppress(OSError):
        connection.settimeout(RESPONSE_SECONDS)
        connection.sendall(request)
        return status_of(connection.recv(65_536))
    return 0


def test_truncated_random_requests(fuzzed_site):
    """Requests that stop at any point leave nothing open once the client has disconnected."""

    def send_beginnings(number: int) -> None:
        random = Random(f"cut off {SEED} {number}")
        for _ in range(JOB):
            request = random_request(random, "")
            with connect(fuzzed_site) as connection, suppress(OSError):
                connection.sendall(request[: random.randrange(len(request))])

    _run(fuzzed_site, send_beginnings, REQUESTS // JOB // 2)


def _run(site: Site, job: Callable[[int], None], count: int) -> None:
    """Run numbered jobs in several threads. The server's memory must not grow once it has warmed up."""

    def run(numbers: Iterable[int]) -> None:
        for number in numbers:
            job(number)
        connections.close_all()

    def run_all(start: int, end: int) -> None:
        with ThreadPoolExecutor(CLIENTS) as executor:
            list(executor.map(run, (range(start + client, end, CLIENTS) for client in range(CLIENTS))))

    warm_up = min(WARM_UP_JOBS, count // 2)
    run_all(0, warm_up)
    before = memory_of(site)
    run_all(warm_up, count)
    assert memory_of(site) - before < MAX_GROWTH
