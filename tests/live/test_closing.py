"""A server that is told to stop says so, finishes what it took, and lets every page come back by itself."""

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


@pytest.fixture
def doomed(transactional_db, everyone, tmp_path) -> Iterator[Site]:
    """A server of its own, which the test may stop."""
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path) as site:
        yield site


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_every_page_is_told_and_sent_away_to_come_back(doomed, everyone, stop):
    with LiveClient(doomed, make_member(everyone)) as one, LiveClient(doomed, make_member(everyone)) as other:
        doomed.process.send_signal(stop)
        for client in (one, other):
            assert client.wait_for("server.closing")["retry_after"] > 0
            with pytest.raises(ConnectionClosed) as closed:
                client.socket.recv(timeout=30)
            assert closed.value.rcvd.code == 1012
        assert doomed.process.wait(10) == 0


def test_a_post_taken_before_the_end_is_stored_and_a_later_one_is_not_acknowledged(doomed, everyone):
    with LiveClient(doomed, make_member(everyone)) as client:
        ids = {}
        for _ in range(20):
            client_id = uuid.uuid4()
            ids[client.send("message.post", room=everyone.pk, client_id=str(client_id), body="Hello")] = client_id
        doomed.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            client.wait_for("what never comes: this reads to the end")
        answers = {event["ref"]: event for event in client.events if event["type"] in ("ok", "error")}
    assert doomed.process.wait(10) == 0
    assert {event["code"] for event in answers.values() if event["type"] == "error"} <= {"closing"}
    stored = set(Message.objects.values_list("client_id", flat=True))
    assert {ids[ref] for ref, event in answers.items() if event["type"] == "ok"} <= stored


def test_a_request_that_never_ends_holds_the_server_no_longer_than_ten_seconds(doomed):
    """An upload of which half has come, and no more."""
    with socket.create_connection(("127.0.0.1", doomed.port)) as upload:
        upload.sendall(
            b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 5000
        )
        with LiveClient(doomed, make_user()) as client:  # by now the server has seen the upload
            doomed.process.send_signal(signal.SIGTERM)
            client.wait_for("server.closing")
        assert doomed.process.wait(10) == 0
