"""Moderation over sockets: events received, and commands still allowed."""

import uuid
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from messaging.models import Report
from messaging.moderation.bulk_delete import delete_messages_of
from messaging.moderation.reports import report_message
from rooms.models import Room
from rooms.moderation import limit_posting
from tests.factories import make_member, make_room, make_user, post
from tests.live_client import LiveClient, session_of
from tests.server import Site


@pytest.fixture
def owner(everyone) -> User:
    return make_member(everyone, make_user("owner"))


@pytest.fixture
def mira(everyone) -> User:
    return make_member(everyone, make_user("mira"))


@pytest.fixture
def room(owner, mira) -> Room:
    room = make_room("Workshop", owner=owner)
    make_member(room, mira)
    return room


def try_to_post(client: LiveClient, room: Room) -> dict:
    return client.call("message.post", room=room.pk, body="Hello", client_id=str(uuid.uuid4()))


def send_form(site: Site, user: User, path: str, **fields: str) -> httpx.Response:
    """Send a form like this user's browser."""
    token = "x" * 32
    cookies = {"sessionid": session_of(user), "csrftoken": token}
    return httpx.post(site.url + path, data=fields, cookies=cookies, headers={"X-CSRFToken": token}, timeout=60)


def test_banned_member_receives_the_reason_and_then_nothing(uvicorn, owner, mira, room):
    until = timezone.now() + timedelta(hours=1)
    with LiveClient(uvicorn, owner) as at_owner, LiveClient(uvicorn, mira) as at_mira:
        at_mira.send("room.typing", room=room.pk)
        at_owner.wait_for("room.typing", user=mira.pk)
        at_mira.settle()
        send_form(uvicorn, owner, f"/rooms/{room.pk}/members/{mira.pk}/ban/", length="hour", reason="Noise")
        left = at_mira.wait_for("room.left")
        assert (left["room"], left["reason"]) == (room.pk, "banned")
        assert left["ban"]["reason"] == "Noise"
        assert left["ban"]["until"] > until.isoformat()[:16]
        at_owner.wait_for("room.parted", room=room.pk, user=mira.pk)
        at_owner.post(room.pk, "Blocklist now")
        assert not [event for event in at_mira.settle() if event.get("room") == room.pk]
        for refused in (
            try_to_post(at_mira, room),
            at_mira.call("room.typing", room=room.pk),
            at_mira.call("room.read", room=room.pk, seq=1),
        ):
            assert (refused["type"], refused["code"]) == ("error", "not_found")
        at_mira.call("sync", rooms={str(room.pk): 0})
        assert at_mira.wait_for("room.left")["room"] == room.pk


def test_slow_mode_refusal_says_how_long_to_wait_and_edits_are_exempt(uvicorn, owner, mira, room):
    limit_posting(actor=owner, room=room, slow_seconds=60)
    with LiveClient(uvicorn, mira) as client, LiveClient(uvicorn, owner) as at_owner:
        assert client.welcome["rooms"][1]["slow_seconds"] == 60
        first = client.post(room.pk, "First")
        refused = try_to_post(client, room)
        assert refused["code"] == "slow_mode"
        assert 50 < refused["retry_after"] <= 60
        assert client.call("message.edit", message=first["id"], body="Changed")["type"] == "ok"
        at_owner.post(room.pk, "One")
        at_owner.post(room.pk, "Two")


def test_read_only_is_announced_and_enforced(uvicorn, owner, mira, room):
    with LiveClient(uvicorn, mira) as client:
        assert client.welcome["rooms"][1]["is_read_only"] is False
        send_form(uvicorn, owner, f"/rooms/{room.pk}/posting/", slow_seconds="0", is_read_only="on")
        assert client.wait_for("room.updated")["room"]["is_read_only"] is True
        assert try_to_post(client, room)["code"] == "forbidden"


def test_bulk_deletion_reaches_open_pages(uvicorn, owner, mira, room):
    for number in range(5):
        post(room, mira, f"Spam {number}")
    with LiveClient(uvicorn, owner) as client:
        delete_messages_of(actor=owner, room=room, user=mira)
        # Without Redis, another process publishes nothing, so the reconciler must find the change.
        changes = client.wait_for("room.changes")
        assert changes["version"] == 10
        assert all(message["deleted_at"] and "body" not in message for message in changes["messages"])


def test_bulk_deletion_by_url_is_received_in_order(uvicorn, owner, mira, room):
    for number in range(5):
        post(room, mira, f"Spam {number}")
    with LiveClient(uvicorn, owner) as client:
        send_form(uvicorn, owner, f"/rooms/{room.pk}/members/{mira.pk}/messages/", span="hour")
        received = [client.wait_for("message.changed") for _ in range(5)]
        assert [event["version"] for event in received] == [6, 7, 8, 9, 10]


def test_pinning_is_received_by_everyone(uvicorn, owner, mira, room):
    message = post(room, mira, "Keep this")
    with LiveClient(uvicorn, owner) as at_owner, LiveClient(uvicorn, mira) as at_mira:
        assert at_mira.call("message.pin", message=message.pk)["code"] == "forbidden"
        assert at_owner.call("message.pin", message=message.pk)["type"] == "ok"
        assert at_mira.wait_for("message.changed")["message"]["pinned_at"]
        assert at_owner.call("message.unpin", message=message.pk)["type"] == "ok"
        assert at_mira.wait_for("message.changed")["message"]["pinned_at"] is None
        assert at_owner.call("message.pin", message=10**9)["code"] == "not_found"


def test_reporter_and_author_are_notified_of_the_outcome(uvicorn, owner, mira, room):
    root = make_user("root", is_staff=True, is_superuser=True)
    report = report_message(reporter=owner, message_id=post(room, mira, "Vile").pk, reason="Vile")
    with LiveClient(uvicorn, owner) as reporter, LiveClient(uvicorn, mira) as author:
        send_form(uvicorn, root, f"/admin/messaging/report/{report.pk}/change/", outcome="warned")
        received = reporter.wait_for("report.settled")
        assert (received["report"], received["outcome"]) == (report.pk, "warned")
        assert received["detail"] == Report(outcome="warned").outcome_text
        assert "Workshop" in author.wait_for("warning")["detail"]
        assert not [event for event in author.settle() if event["type"] == "report.settled"]


def test_suspension_by_report_closes_the_authors_sockets(uvicorn, owner, mira, room):
    root = make_user("root", is_staff=True, is_superuser=True)
    report = report_message(reporter=owner, message_id=post(room, mira, "Vile").pk, reason="Vile")
    with LiveClient(uvicorn, mira) as author:
        url = f"/admin/messaging/report/{report.pk}/change/"
        send_form(uvicorn, root, url, outcome="suspended:day", confirmed="yes")
        with pytest.raises(ConnectionClosed) as closed:
            author.wait_for("nothing that ever comes")
        assert closed.value.rcvd.code == 4401
