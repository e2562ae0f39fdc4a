"""Waiting for events: nothing is missed and nothing repeated, however long the client was away."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import pytest
from django.db import connection

from accounts.auth.token_actions import revoke_token
from accounts.models import APIToken
from api import polling
from api.polling import MAX_ROOMS, Page, RoomState, current, decode_cursor, encode_cursor, wait_for_events
from live.hub import Hub
from rooms import actions
from rooms.blocking import block_person
from rooms.rows import MembershipRow, read_memberships
from tests.factories import make_member, make_room, post
from tests.server import run_site


class Poller:
    """A client that passes the cursor on."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.after = client.get("/events").json()["after"]

    def poll(self, timeout: int = 30) -> list[dict]:
        response = self.client.get("/events", params={"after": self.after, "timeout": timeout})
        assert response.status_code == 200, response.text
        self.after = response.json()["after"]
        return response.json()["events"]

    @contextmanager
    def polling(self):
        """Poll while the block runs, and yield the future events."""
        with ThreadPoolExecutor(1) as threads:
            yield threads.submit(self.poll)


@pytest.fixture
def poller(connect, cast) -> Poller:
    return Poller(connect(cast["owner"]))


def texts(events: list[dict]) -> list[str]:
    """Return the texts of posted messages, whether they arrived one by one or as changes."""
    found = []
    for event in events:
        found += [event["message"]["body"]] if event["type"] == "message.posted" else []
        found += [each["body"] for each in event.get("messages", ())]
    return found


def test_the_first_request_returns_the_current_position(poller, cast):
    assert poller.poll(timeout=0) == []
    post(cast["room"], cast["member"], "Hello")
    assert texts(poller.poll(timeout=0)) == ["Hello"]
    assert poller.poll(timeout=0) == []


def test_an_event_ends_the_wait(uvicorn, poller, cast, connect):
    member = connect(cast["member"])
    with poller.polling() as events:
        member.post(f"/rooms/{cast['room'].pk}/messages", json={"body": "Hello"})
        assert texts(events.result(timeout=30)) == ["Hello"]
    assert poller.poll(timeout=0) == []


def test_nothing_is_missed_or_repeated_while_others_post(poller, cast, connect):
    """Messages are posted without a pause, both during and between requests."""
    member, count = connect(cast["member"]), 60
    expected = [f"Message {number}" for number in range(count)]

    def post_all() -> None:
        for body in expected:
            member.post(f"/rooms/{cast['room'].pk}/messages", json={"body": body})

    thread = threading.Thread(target=post_all)
    thread.start()
    received: list[str] = []
    while len(received) < count:
        received += texts(poller.poll(timeout=10))
    thread.join()
    assert received == expected


def test_a_cursor_outlives_the_server(connect, cast, tmp_path_factory, everyone):
    database = connection.settings_dict["NAME"]
    with run_site("uvicorn", database, tmp_path_factory.mktemp("first")) as site:
        poller = Poller(connect(cast["owner"], site=site))
        post(cast["room"], cast["member"], "One")
        assert texts(poller.poll()) == ["One"]
    post(cast["room"], cast["member"], "Two")
    with run_site("uvicorn", database, tmp_path_factory.mktemp("second")) as site:
        poller.client = connect(cast["owner"], site=site)
        assert texts(poller.poll()) == ["Two"]


def test_rooms_that_are_joined_changed_and_left_are_reported(poller, cast):
    garden = make_room("Garden", owner=cast["member"])
    make_member(garden, cast["owner"])
    [joined] = poller.poll(timeout=0)
    assert (joined["type"], joined["room"]["name"]) == ("room.joined", "Garden")
    actions.update_room(actor=cast["member"], room=garden, topic="Plants")
    updated = poller.poll(timeout=0)[-1]
    assert (updated["type"], updated["room"]["topic"]) == ("room.updated", "Plants")
    actions.remove_member(actor=cast["member"], room=garden, user=cast["owner"])
    left = poller.poll(timeout=0)[-1]
    assert (left["type"], left["room"]) == ("room.left", garden.pk)
    assert poller.poll(timeout=0) == []


def test_messages_of_blocked_people_only_move_the_position(poller, cast):
    block_person(user=cast["owner"], other=cast["member"])
    poller.poll(timeout=0)
    post(cast["room"], cast["member"], "Hello")
    assert texts(poller.poll(timeout=0)) == []
    assert poller.poll(timeout=0) == []


def test_a_revoked_token_receives_nothing_more(poller, cast, connect):
    with ThreadPoolExecutor(1) as threads:
        request = threads.submit(poller.client.get, "/events", params={"after": poller.after, "timeout": 30})
        revoke_token(actor=cast["owner"], token=APIToken.objects.get(user=cast["owner"]))
        post(cast["room"], cast["member"], "Secret")
        connect(cast["member"]).post(f"/rooms/{cast['room'].pk}/messages", json={"body": "Secret"})
        response = request.result(timeout=60)
    assert response.status_code == 401
    assert "Secret" not in response.text


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_a_member_who_is_removed_while_a_request_begins_receives_nothing_more(cast, monkeypatch, is_known):
    owner, member, room = cast["owner"], cast["member"], cast["room"]
    reads = []

    def read_then_remove(user_ids: list[int]) -> list[MembershipRow]:
        reads.append(read_memberships(user_ids))
        if len(reads) == 1:
            actions.remove_member(actor=owner, room=room, user=member)
            post(room, owner, "Secret")
        return reads[-1]

    async def poll() -> Page:
        known = await current(member)
        if not is_known:
            known.pop(room.pk)
        monkeypatch.setattr(polling, "read_memberships", read_then_remove)
        engine, identity = SimpleNamespace(hub=Hub()), SimpleNamespace(user=member, blocked=frozenset())
        return await wait_for_events(engine, identity, known, seconds=30, receive=asyncio.Event().wait)

    page = asyncio.run(asyncio.wait_for(poll(), 20))
    assert [event["type"] for event in page.events] == (["room.left"] if is_known else [])
    assert room.pk not in page.cursor


def test_cursors_survive_the_way_and_are_bounded():
    cursor = {pk: RoomState(version=pk * 7, revision=pk % 5) for pk in range(1, MAX_ROOMS + 1)}
    assert decode_cursor(encode_cursor(cursor)) == cursor
    assert len(encode_cursor(cursor)) < 64 * 1024
