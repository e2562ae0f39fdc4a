"""Previews of public rooms by people who aren't members: they end, on open pages too, when access does."""

from collections.abc import Callable

import httpx
import pytest

from accounts.models import User
from rooms import actions
from rooms.models import Membership, Room
from rooms.moderation import ban_member
from tests.factories import make_attachment, make_member, make_room, make_user, post
from tests.live_client import LiveClient, session_of
from tests.messaging.test_moderation_protocol import send_form
from tests.server import Site


@pytest.fixture
def owner(everyone) -> User:
    return make_member(everyone, make_user("owner"))


@pytest.fixture
def visitor(everyone) -> User:
    return make_member(everyone, make_user("visitor"))


@pytest.fixture
def room(owner) -> Room:
    return make_room("Workshop", owner=owner)


def make_private(site: Site, owner: User, room: Room, visitor: User) -> None:
    send_form(site, owner, f"/rooms/{room.pk}/settings/", name=room.name, topic="", kind="private")


def delete(site: Site, owner: User, room: Room, visitor: User) -> None:
    send_form(site, owner, f"/rooms/{room.pk}/delete/", name=room.name)


def ban(site: Site, owner: User, room: Room, visitor: User) -> None:
    send_form(site, owner, f"/rooms/{room.pk}/members/{visitor.pk}/ban/", length="hour", reason="Noise")


LOSSES = {"private": make_private, "deleted": delete, "banned": ban}
# The same by another process that shares only the database. The server finds out by comparing.
DISTANT_LOSSES: dict[str, Callable[[User, Room, User], object]] = {
    "private": lambda owner, room, _visitor: actions.update_room(actor=owner, room=room, kind="private"),
    "deleted": lambda owner, room, _visitor: actions.delete_room(actor=owner, room=room),
    "removed": lambda owner, room, visitor: ban_member(actor=owner, room=room, user=visitor),
}


def preview(client: LiveClient, room: Room) -> None:
    client.send("room.view", room=room.pk)
    client.settle()


@pytest.mark.parametrize("reason", LOSSES)
def test_a_preview_ends_at_once_and_nothing_can_be_read_after_it(uvicorn, owner, visitor, room, reason):
    file = make_attachment(room, owner, message=post(room, owner))
    cookies = {"sessionid": session_of(visitor)}
    paths = [f"/rooms/{room.pk}/{name}/" for name in ("conversation", "messages", "pins", "files", "info")]
    paths.append(f"/attachments/{file.pk}/facts/")
    with LiveClient(uvicorn, visitor) as client, LiveClient(uvicorn, owner) as at_owner:
        preview(client, room)
        assert {httpx.get(uvicorn.url + path, cookies=cookies).status_code for path in paths} == {200}
        LOSSES[reason](uvicorn, owner, room, visitor)
        left = client.wait_for("room.left")
        assert (left["room"], left["reason"]) == (room.pk, reason)
        assert {httpx.get(uvicorn.url + path, cookies=cookies).status_code for path in paths} == {404}
        assert client.call("room.view", room=room.pk)["code"] == "not_found"
        if reason != "deleted":
            at_owner.post(room.pk, "Among ourselves")
        assert not [event for event in client.settle() if event.get("room") == room.pk]
        client.call("sync", rooms={str(room.pk): 0}, events={str(room.pk): 0})
        assert [event["type"] for event in client.settle() if event.get("room") == room.pk] == ["room.left"]


@pytest.mark.parametrize("reason", DISTANT_LOSSES)
def test_a_preview_ends_when_another_process_ends_it(uvicorn, owner, visitor, room, reason):
    with LiveClient(uvicorn, visitor) as client:
        preview(client, room)
        DISTANT_LOSSES[reason](owner, room, visitor)
        assert client.wait_for("room.left")["reason"] == reason


def test_a_preview_receives_no_messages_and_one_that_was_left_no_news(uvicorn, owner, visitor, room, everyone):
    with LiveClient(uvicorn, visitor) as client, LiveClient(uvicorn, owner) as at_owner:
        preview(client, room)
        at_owner.post(room.pk, "Hello")
        preview(client, everyone)
        make_private(uvicorn, owner, room, visitor)
        at_owner.wait_for("room.updated")
        assert not [event for event in client.settle() if event.get("room") == room.pk]


def test_someone_who_joins_stays_when_the_room_becomes_private(uvicorn, owner, visitor, room):
    with LiveClient(uvicorn, visitor) as client:
        preview(client, room)
        send_form(uvicorn, visitor, f"/rooms/{room.pk}/membership/")
        client.wait_for("room.joined")
        make_private(uvicorn, owner, room, visitor)
        client.wait_for("room.updated")
        client.post(room.pk, "Still here")
        assert not [event for event in client.settle() if event["type"] == "room.left"]
    assert Membership.objects.filter(room=room, user=visitor).exists()


def test_archiving_ends_no_preview(uvicorn, owner, visitor, room):
    with LiveClient(uvicorn, visitor) as client:
        preview(client, room)
        send_form(uvicorn, owner, f"/rooms/{room.pk}/archive/")
        room.refresh_from_db()
        assert room.is_archived
        assert not [event for event in client.settle() if event["type"] == "room.left"]
