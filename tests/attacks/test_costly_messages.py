"""The most expensive messages neither disconnect others in the room nor delay their posts."""

import json
import uuid
from contextlib import ExitStack

import pytest
from django.db import connection

from messaging.models import Message
from tests.factories import make_member
from tests.live_client import LiveClient
from tests.server import run_site

pytestmark = pytest.mark.slow

FENCES = "```python\n" + "a=b+c(d)\n" * 200 + "```\n"
COSTLY = {
    "code": (FENCES * 10)[:8_000],
    "small blocks of code": ("```c\n\n```\n" * 800)[:8_000],
    "brackets": "[" * 8_000,
    "emphasis": ("*a" * 4_000)[:8_000],
    "addresses": ("http://a " * 900)[:8_000],
    "characters to escape": "<" * 8_000,
    "line breaks": "x" + "\n" * 7_998 + "x",
    "control characters": "\x01" * 7_999 + "x",
}


# The shared server has no limit on commands, so that its other limits are tested.


@pytest.fixture
def limited(transactional_db, everyone, tmp_path):
    """A server with the default limit on commands."""
    with ExitStack() as stack:
        yield stack.enter_context(
            run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, CHAT_RATE="20", CHAT_BURST="200")
        )


def submit(client: LiveClient, room: int, body: str) -> str:
    return client.send("message.post", room=room, body=body, client_id=str(uuid.uuid4()))


@pytest.mark.parametrize("kind", COSTLY)
def test_post_of_another_member_does_not_wait_for_a_backlog(uvicorn, everyone, kind):
    with LiveClient(uvicorn, make_member(everyone)) as hostile, LiveClient(uvicorn, make_member(everyone)) as honest:
        backlog = [submit(hostile, everyone.pk, COSTLY[kind]) for _ in range(60)]
        stored = honest.post(everyone.pk, "A **normal** message")
        responses = [hostile.response_to(ref) for ref in backlog]
        assert {each["type"] for each in responses} == {"ok"}
        assert stored["seq"] < max(each["message"]["seq"] for each in responses)


@pytest.mark.parametrize("kind", COSTLY)
def test_event_of_any_message_is_small(uvicorn, everyone, kind):
    with LiveClient(uvicorn, make_member(everyone)) as client:
        assert len(json.dumps(client.post(everyone.pk, COSTLY[kind]))) < 150_000


def test_costly_messages_use_up_the_rate_limit_sooner(limited, everyone):
    with LiveClient(limited, make_member(everyone)) as client:
        refs = [submit(client, everyone.pk, COSTLY["code"]) for _ in range(100)]
        types = [client.response_to(ref)["type"] for ref in refs]
        assert types.count("ok") < 60


def test_no_one_is_disconnected_by_a_flood_and_everyone_catches_up(uvicorn, everyone):
    with (
        LiveClient(uvicorn, make_member(everyone)) as hostile,
        LiveClient(uvicorn, make_member(everyone)) as reader,
        LiveClient(uvicorn, make_member(everyone)) as sleeper,
    ):
        refs = [submit(hostile, everyone.pk, COSTLY["characters to escape"]) for _ in range(200)]
        assert {hostile.response_to(ref)["type"] for ref in refs} == {"ok"}
        for client in (reader, sleeper):  # `sleeper` has not read anything until now
            assert received_seqs(client, everyone.pk) == list(range(1, 201))


def received_seqs(client: LiveClient, room_id: int) -> list[int]:
    """Return the `seq` of each message that a client has received, after requesting the skipped ones."""
    seqs: list[int] = []
    version = 0
    events = client.settle()
    while True:
        for event in events:
            if event["type"] == "message.posted" and event["version"] == version + 1:
                seqs.append(event["message"]["seq"])
                version = event["version"]
            elif event["type"] == "room.changes":
                seqs += [message["seq"] for message in event["messages"] if message["version"] > version]
                version = max(version, event["version"])
        if len(seqs) >= Message.objects.filter(room=room_id).count():
            return seqs
        client.call("sync", rooms={str(room_id): version})
        events, client.events = client.events, []


def test_reply_to_a_sync_is_limited_in_size_and_continues(uvicorn, everyone):
    with LiveClient(uvicorn, make_member(everyone)) as hostile:
        for ref in [submit(hostile, everyone.pk, COSTLY["characters to escape"]) for _ in range(40)]:
            assert hostile.response_to(ref)["type"] == "ok"
    with LiveClient(uvicorn, make_member(everyone)) as client:
        version, replies = 0, []
        while not replies or replies[-1]["more"]:
            client.call("sync", rooms={str(everyone.pk): version})
            replies.append(client.wait_for("room.changes"))
            version = replies[-1]["version"]
        assert [message["seq"] for each in replies for message in each["messages"]] == list(range(1, 41))
        assert all(len(json.dumps(each)) < 1_000_000 for each in replies)
        assert len(replies) > 1
