"""The admin of rooms and memberships, which changes them through the same actions as the site."""

import pytest
from django.test import Client

from rooms import actions
from rooms.models import Membership, Room
from tests.factories import log_in, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    return log_in(make_user("root", is_staff=True, is_superuser=True))


def messages_after(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.mark.parametrize("page", ["room", "membership", "membership/add"])
def test_pages_load(root, public, page):
    assert root.get(f"/admin/rooms/{page}/").status_code == 200


@pytest.mark.parametrize("query", ["WORKSHOP", "member.public"])
def test_rooms_are_found_by_name_and_member(root, public, query):
    make_room("Garden")
    text = root.get("/admin/rooms/room/", {"q": query}).content.decode()
    assert "Workshop" in text
    assert "Garden" not in text


def test_room_is_changed_by_the_action(root, public):
    root.post(
        f"/admin/rooms/room/{public.room.pk}/change/",
        {"name": " Garden  club ", "topic": "Grows", "is_default": "on", "shows_link_previews": "on"},
    )
    room = Room.objects.get(pk=public.room.pk)
    assert (room.name, room.topic, room.slug, room.is_default, room.kind) == (
        "Garden club",
        "Grows",
        "garden-club",
        True,
        "public",
    )
    assert room.revision == public.room.revision + 1


def test_posting_limits_are_changed_by_the_action(root, public):
    url, data = f"/admin/rooms/room/{public.room.pk}/change/", {"name": "Workshop", "topic": ""}
    root.post(url, data | {"slow_seconds": "30", "is_read_only": "on"})
    public.room.refresh_from_db()
    assert (public.room.slow_seconds, public.room.is_read_only) == (30, True)
    root.post(url, data | {"slow_seconds": "0"})
    public.room.refresh_from_db()
    assert (public.room.slow_seconds, public.room.is_read_only) == (0, False)
    refused = root.post(url, data | {"slow_seconds": "86401"})
    assert "less than or equal to 86400" in str(refused.context["adminform"].form.errors)


def test_taken_name_is_an_error_of_the_field(root, public):
    make_room("Garden")
    response = root.post(f"/admin/rooms/room/{public.room.pk}/change/", {"name": "GARDEN", "topic": ""})
    assert "There’s already a room" in str(response.context["adminform"].form.errors)


def test_refusal_of_the_action_is_displayed(root, public):
    url = f"/admin/rooms/room/{public.room.pk}/change/"
    assert root.post(url, {"name": "zero\u200bwidth", "topic": ""}).url == url
    assert "Can’t contain invisible characters" in messages_after(root, url)
    public.room.refresh_from_db()
    assert public.room.name == "Workshop"


def test_direct_room_cannot_be_changed(root):
    room = actions.open_direct_room(user=make_user(), other=make_user())
    assert root.get(f"/admin/rooms/room/{room.pk}/change/").status_code == 200
    root.post(f"/admin/rooms/room/{room.pk}/change/", {"name": "Ours"})
    room.refresh_from_db()
    assert room.name == ""


def test_deleting_one_or_many_rooms_raises_their_members_rooms_version(root, public, private):
    root.post(f"/admin/rooms/room/{public.room.pk}/delete/", {"post": "yes"})
    root.post("/admin/rooms/room/", {"action": "delete_selected", "_selected_action": [private.room.pk], "post": "yes"})
    assert not Room.objects.filter(pk__in=[public.room.pk, private.room.pk]).exists()
    for member in (public.member, private.member):
        member.refresh_from_db()
        assert member.rooms_version == 1


def test_selected_rooms_are_archived_and_unarchived(root, public, private):
    selected = {"_selected_action": [public.room.pk, private.room.pk]}
    root.post("/admin/rooms/room/", {"action": "archive", **selected})
    assert Room.objects.filter(archived_at__isnull=False).count() == 2
    root.post("/admin/rooms/room/", {"action": "unarchive", **selected})
    assert not Room.objects.filter(archived_at__isnull=False).exists()


def test_membership_is_added_with_its_role(root, public):
    root.post("/admin/rooms/membership/add/", {"room": public.room.pk, "user": public.stranger.pk, "role": "moderator"})
    assert public.room.memberships.get(user=public.stranger).role == "moderator"
    public.stranger.refresh_from_db()
    assert public.stranger.rooms_version > 0


def test_last_owner_keeps_the_role(root, public):
    membership = public.room.memberships.get(user=public.owner)
    url = f"/admin/rooms/membership/{membership.pk}/change/"
    assert root.post(url, {"role": "member"}).url == url
    assert "at least one owner" in messages_after(root, url)
    membership.refresh_from_db()
    assert membership.role == "owner"


def test_removed_member_gets_a_new_rooms_version(root, public):
    membership = public.room.memberships.get(user=public.member)
    root.post(f"/admin/rooms/membership/{membership.pk}/delete/", {"post": "yes"})
    public.member.refresh_from_db()
    assert public.member.rooms_version == 1
    assert not Membership.objects.filter(pk=membership.pk).exists()


def test_confirmation_of_a_deletion_counts_messages(root, public):
    for number in range(30):
        post(public.room, public.member, f"Line {number}")
    page = root.get(f"/admin/rooms/room/{public.room.pk}/delete/").content.decode()
    assert "Workshop" in page
    assert "message " not in page
    assert "Messages: 30" in page
    data = {"action": "delete_selected", "_selected_action": [public.room.pk]}
    assert "Messages: 30" in root.post("/admin/rooms/room/", data).content.decode()
    root.post(f"/admin/rooms/room/{public.room.pk}/delete/", {"post": "yes"})
    assert not Room.objects.filter(pk=public.room.pk).exists()


def test_members_of_a_direct_room_cannot_be_changed_or_removed(root):
    room = actions.open_direct_room(user=make_user(), other=make_user())
    membership = room.memberships.first()
    url = f"/admin/rooms/membership/{membership.pk}"
    assert root.get(f"{url}/change/").status_code == 200
    assert root.post(f"{url}/change/", {"role": "owner"}).status_code == 403
    assert root.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [membership.pk], "post": "yes"}
    root.post("/admin/rooms/membership/", data)
    assert set(room.memberships.values_list("role", flat=True)) == {"member"}
    assert room.memberships.count() == 2
