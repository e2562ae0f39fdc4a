"""Shutdown: pages are notified, accepted posts are stored, and the process exits in time."""

import signal
import socket
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed

from messaging.models import Message
from tests.factories import make_member, make_user
from tests.live_client import LiveClient
from tests.server import Site, run_site

pytestmark = pytest.mark.slow


@pytest.fixture
def stoppable_site(transactional_db, everyone, tmp_path) -> Iterator[Site]:
    """A separate server, which the test may stop."""
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path) as site:
        yield site


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_every_page_is_notified_and_closed_with_1012(stoppable_site, everyone, stop):
    with (
        LiveClient(stoppable_site, make_member(everyone)) as one,
        LiveClient(stoppable_site, make_member(everyone)) as other,
    ):
        stoppable_site.process.send_signal(stop)
        for client in (one, other):
            assert client.wait_for("server.closing")["retry_after"] > 0
            with pytest.raises(ConnectionClosed) as closed:
                client.socket.recv(timeout=30)
            assert closed.value.rcvd.code == 1012
        assert stoppable_site.process.wait(10) == 0


def test_acknowledged_posts_are_stored_and_later_ones_rejected(stoppable_site, everyone):
    with LiveClient(stoppable_site, make_member(everyone)) as client:
        ids = {}
        for _ in range(20):
            client_id = uuid.uuid4()
            ids[client.send("message.post", room=everyone.pk, client_id=str(client_id), body="Hello")] = client_id
        stoppable_site.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            client.wait_for("nothing: this reads until the close")
        replies = {event["ref"]: event for event in client.events if event["type"] in ("ok", "error")}
    assert stoppable_site.process.wait(10) == 0
    assert {event["code"] for event in replies.values() if event["type"] == "error"} <= {"closing"}
    stored = set(Message.objects.values_list("client_id", flat=True))
    assert {ids[ref] for ref, event in replies.items() if event["type"] == "ok"} <= stored


def test_an_endless_request_delays_the_exit_at_most_ten_seconds(stoppable_site):
    """An upload that stops half way."""
    with socket.create_connection(("127.0.0.1", stoppable_site.port)) as upload:
        upload.sendall(
            b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 5000
        )
        with LiveClient(stoppable_site, make_user()) as client:  # by now the server has seen the upload
            stoppable_site.process.send_signal(signal.SIGTERM)
            client.wait_for("server.closing")
        assert stoppable_site.process.wait(10) == 0
    assert "Traceback" not in stoppable_site.log
