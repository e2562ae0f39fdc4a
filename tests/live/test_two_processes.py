"""Two server processes with Redis between them, on PostgreSQL and on SQLite."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.live_client import LiveClient
from tests.server import Site, run_site
from tests.services import postgres_server, redis_server

pytestmark = pytest.mark.slow

CREATE_USERS = """
import json
from django.test import Client
from accounts.models import User
from rooms.actions import join_default_rooms
keys = {}
for name in ("ana", "mira"):
    user = User.objects.create_user(name, password="a long pass phrase")
    join_default_rooms(user=user)
    client = Client()
    client.force_login(user)
    keys[name] = client.cookies["sessionid"].value
print(json.dumps(keys))
"""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def pair(request, tmp_path_factory) -> Iterator[tuple[list[Site], dict[str, str]]]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("pair")
        environment = {
            "REDIS_URL": stack.enter_context(redis_server()),
            "SECRET_KEY": "a key that the two processes share",
        }
        if request.param == "postgres":
            environment["DATABASE_URL"] = stack.enter_context(postgres_server())
        database = folder / "pair.sqlite3"
        sites = [
            stack.enter_context(run_site("uvicorn", database, folder / name, **environment)) for name in ("one", "two")
        ]
        values = {"DATABASE_URL": f"sqlite:///{database}", **environment, "DATA_DIR": str(folder / "one")}
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", CREATE_USERS]
        made = subprocess.run(command, env={**os.environ, **values}, capture_output=True, text=True, check=True)
        yield sites, json.loads(made.stdout.splitlines()[-1])


def changes(client: LiveClient, room: int, known: int, version: int) -> list[str]:
    """Return the bodies of the messages in the room's events after version `known`, up to `version`.

    If an event is late by more than the 50 ms that a process waits for it, a `room.changes` takes its place.
    """
    bodies = []
    while known < version:
        event = client.wait_for("message.posted", "room.changes", room=room)
        is_post = event["type"] == "message.posted"
        assert (event["version"] - 1 if is_post else event["since"]) == known
        known = event["version"]
        bodies += [message["body"] for message in ([event["message"]] if is_post else event["messages"])]
    return bodies


def test_events_reach_the_other_process_in_order(pair):
    (one, two), sessions = pair
    with LiveClient(one, session=sessions["ana"]) as ana, LiveClient(two, session=sessions["mira"]) as mira:
        room = ana.welcome["rooms"][0]["id"]
        known = ana.welcome["rooms"][0]["version"]
        turns = [f"Turn {turn}" for turn in range(20)]
        for turn, body in enumerate(turns):
            (ana, mira)[turn % 2].post(room, body)
        for client in (ana, mira):
            assert changes(client, room, known, known + 20) == turns


def test_what_is_not_stored_reaches_the_other_process(pair):
    (one, two), sessions = pair
    with LiveClient(one, session=sessions["ana"]) as ana, LiveClient(two, session=sessions["mira"]) as mira:
        room = ana.welcome["rooms"][0]["id"]
        for here, there in ((ana, mira), (mira, ana)):
            here.send("room.typing", room=room)
            there.wait_for("room.typing", room=room, user=here.welcome["user"]["id"])


def test_presence_is_shared_between_processes(pair):
    (one, two), sessions = pair
    with LiveClient(one, session=sessions["ana"]) as ana, LiveClient(two, session=sessions["mira"]) as mira:
        for client, other in ((ana, mira), (mira, ana)):
            who = other.welcome["user"]["id"]
            while who not in client.welcome["online"]:
                client.welcome["online"] += client.wait_for("presence")["online"]


def test_idle_users_are_away_on_the_other_process(pair):
    (one, two), sessions = pair
    with LiveClient(one, session=sessions["ana"]) as ana, LiveClient(two, session=sessions["mira"]) as mira:
        who = ana.welcome["user"]["id"]
        ana.call("presence.idle", idle=True)
        while who not in mira.wait_for("presence").get("away", []):
            pass
        ana.call("presence.idle", idle=False)
        while who not in (event := mira.wait_for("presence"))["online"] or who in event.get("away", []):
            pass


def test_a_post_sent_to_both_processes_is_stored_once(pair):
    (one, two), sessions = pair
    with LiveClient(one, session=sessions["ana"]) as first, LiveClient(two, session=sessions["ana"]) as second:
        room = first.welcome["rooms"][0]["id"]
        post = {"room": room, "body": "Once", "client_id": str(uuid.uuid4())}
        refs = [(client, client.send("message.post", **post)) for client in (first, second) * 5]
        assert len({client.response_to(ref)["message"]["id"] for client, ref in refs}) == 1
