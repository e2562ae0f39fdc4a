"""Random frames and requests leave no traceback in the log and no open files, and the server still responds.

FUZZ_ROUNDS sets the number of frames and requests, and FUZZ_SEED the random sequence.
"""

import os
import socket
from contextlib import closing, suppress
from random import Random

import httpx
import pytest

from tests.attacks.fuzz import random_frame, random_request
from tests.attacks.wire import close_code_of, connect, connections_of, open_websocket, status_of
from tests.factories import make_member, make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site
from tests.waiting import wait_until

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "2000"))
SEED = os.environ.get("FUZZ_SEED", "1")
REQUESTS_PER_SESSION = 50  # because some of them log out
PATIENCE = 0.5  # for a response, which incomplete requests never get
REACTION_SECONDS = 0.01  # to a frame
CLOSE_FRAME_BYTES = 130

pytestmark = pytest.mark.slow


@pytest.fixture
def healthy_site(uvicorn, everyone):
    """A site that is checked after the test for tracebacks in the log and for open files."""
    member = make_member(everyone)
    before, logged = connections_of(uvicorn), len(uvicorn.log)
    yield uvicorn
    with LiveClient(uvicorn, member) as client:
        assert client.post(everyone.pk, "Still here")["body"] == "Still here"
    assert httpx.get(f"{uvicorn.url}/accounts/login/").status_code == 200
    assert "Traceback" not in uvicorn.log[logged:], uvicorn.log[logged:][-5_000:]
    wait_until(lambda: connections_of(uvicorn) <= before, "all connections are closed")


def test_random_frames(healthy_site, everyone):
    random = Random(f"frames {SEED}")
    session = session_of(make_member(everyone))
    left = ROUNDS
    while left > 0:
        with closing(open_websocket(healthy_site, session)) as connection, suppress(ConnectionError):
            connection.settimeout(REACTION_SECONDS)
            for _ in range(random.randrange(1, 100)):
                left -= 1
                connection.sendall(random_frame(random))
                if _is_closed(connection):
                    break


def _is_closed(connection: socket.socket) -> bool:
    """Return whether the server closes the connection in response to the frame."""
    try:
        received = connection.recv(65_536)
    except TimeoutError:
        return False
    return not received or close_code_of(received[-CLOSE_FRAME_BYTES:]) != 0


def test_random_requests(healthy_site, everyone):
    random = Random(f"requests {SEED}")
    failed = []
    for number in range(ROUNDS):
        if number % REQUESTS_PER_SESSION == 0:
            session = session_of(make_user(is_staff=True, is_superuser=True))
        request = random_request(random, session)
        if _status(healthy_site, request) >= 500:
            failed.append(request[:2_000])
    assert failed == []


def _status(site: Site, request: bytes) -> int:
    """Return the status of the response, or 0 if there is none, because the request is incomplete."""
    with connect(site) as connection, suppress(OSError):
        connection.settimeout(PATIENCE)
        connection.sendall(request)
        return status_of(connection.recv(65_536))
    return 0


def test_truncated_random_requests(healthy_site):
    """Requests that stop at any point leave nothing open once the client has disconnected."""
    random = Random(f"cut off {SEED}")
    for _ in range(ROUNDS // 10):
        request = random_request(random, "")
        with connect(healthy_site) as connection, suppress(OSError):
            connection.sendall(request[: random.randrange(len(request))])
