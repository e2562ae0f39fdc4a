"""The live protocol over server-sent events."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Queue

import httpx
import pytest
from django.contrib.sessions.models import Session

from accounts.models import Connection
from messaging.models import Message
from tests.api.conftest import secret_of
from tests.live_client import session_of
from tests.server import Site
from tests.waiting import wait_until


class Stream:
    """A client of the stream. `events`: (name, data) of each event."""

    def __init__(self, site: Site, session: str) -> None:
        headers = {"cookie": f"sessionid={session}", "origin": site.url}
        self.client = httpx.Client(base_url=f"{site.url}/api/v1", headers=headers, timeout=30)
        self.events: Queue[tuple[str, object]] = Queue()
        self.key = ""

    def read(self, lines: Iterator[str]) -> None:
        name = "message"
        for line in lines:
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                self.events.put((name, json.loads(value)))
                name = "message"

    def wait_for(self, type: str) -> dict:
        while True:
            name, data = self.events.get(timeout=30)
            for event in data if name == "message" else ():
                if event["type"] == type:
                    return event

    def send(self, **command: object) -> httpx.Response:
        return self.client.post(f"/stream/{self.key}", json=command)


@contextmanager
def connected(site: Site, session: str) -> Iterator[Stream]:
    stream = Stream(site, session)
    with stream.client.stream("GET", "/stream") as response:
        assert response.status_code == 200, response.read()
        thread = threading.Thread(target=_ignoring_the_end, args=(stream, response))
        thread.start()
        name, data = stream.events.get(timeout=30)
        assert name == "connected"
        stream.key = data["connection"]
        yield stream
        response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        thread.join(timeout=30)
    stream.client.close()


def _ignoring_the_end(stream: Stream, response: httpx.Response) -> None:
    with suppress(httpx.HTTPError):  # the test has closed the connection
        stream.read(response.iter_lines())


@pytest.fixture
def session(cast) -> str:
    return session_of(cast["owner"])


def test_commands_are_answered_on_the_stream_in_order(uvicorn, cast, session):
    room = cast["room"]
    with connected(uvicorn, session) as stream:
        assert stream.wait_for("welcome")["user"]["username"] == "owner"
        for ref in ("1", "2", "3"):
            assert stream.send(type="room.read", ref=ref, room=room.pk, seq=0).status_code == 204
        assert [stream.wait_for("ok")["ref"] for _ in range(3)] == ["1", "2", "3"]
        post = {"type": "message.post", "ref": "4", "room": room.pk, "body": "Hello"}
        stream.send(**post, client_id="1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11")
        assert stream.wait_for("message.posted")["message"]["body"] == "Hello"
        wait_until(lambda: Connection.objects.filter(user=cast["owner"]).exists(), "the stream counts as a connection")
    wait_until(lambda: not Connection.objects.filter(user=cast["owner"]).exists(), "the stream is closed")


def test_others_cannot_send_frames_for_a_user(uvicorn, cast, session):
    with connected(uvicorn, session) as stream:
        stream.wait_for("welcome")
        other = Stream(uvicorn, session_of(cast["member"]))
        other.key = stream.key
        command = {"type": "message.post", "ref": "1", "room": cast["room"].pk, "body": "Forged"}
        other.send(**command, client_id="1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11")
        stream.send(type="ping", ref="2")
        assert stream.wait_for("ok")["ref"] == "2"
    assert not Message.objects.exists()


def test_the_stream_ends_with_the_session(uvicorn, cast, session):
    with connected(uvicorn, session) as stream:
        stream.wait_for("welcome")
        Session.objects.all().delete()
        while True:
            name, data = stream.events.get(timeout=60)
            if name == "close":
                break
        assert data["code"] == 4401


def test_malformed_frames_are_answered_like_on_a_socket(uvicorn, session):
    with connected(uvicorn, session) as stream:
        stream.wait_for("welcome")
        headers = {"content-type": "application/json"}
        stream.client.post(f"/stream/{stream.key}", content=b"\xff{", headers=headers)
        assert stream.wait_for("error")["code"] == "invalid"


def test_tokens_and_strangers_have_no_stream(uvicorn, cast):
    token = httpx.get(f"{uvicorn.url}/api/v1/stream", headers={"authorization": f"Bearer {secret_of(cast['owner'])}"})
    assert token.status_code == 404
    assert httpx.get(f"{uvicorn.url}/api/v1/stream").status_code == 401


def test_other_sites_cannot_send_frames(uvicorn, session):
    with connected(uvicorn, session) as stream:
        response = stream.client.post(
            f"/stream/{stream.key}", json={"type": "ping", "ref": "1"}, headers={"origin": "https://evil.example"}
        )
        assert response.status_code == 403
