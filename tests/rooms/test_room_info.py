"""The information panel of a room: its properties and who is online."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import DEAD_AFTER, Connection, ServerProcess, User
from rooms.actions import open_direct_room
from rooms.models import Membership, Room
from tests.factories import make_bot, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def process(db) -> ServerProcess:
    return ServerProcess.objects.create(host="here", pid=1)


def read_info(browser, room: Room, query: str = "") -> str:
    response = browser.get(
        f"/rooms/{room.pk}/info/{query}", headers={"Accept": "text/html", "X-Requested-With": "fetch"}
    )
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_fragment_has_the_rooms_properties(public, as_user):
    Room.objects.filter(pk=public.room.pk).update(last_seq=1284)
    text = read_info(as_user(public.stranger), public.room)
    assert "<html" not in text
    assert f"<dt>Created by</dt><dd><bdi>{public.owner.name}</bdi></dd>" in text
    assert '<dt>Messages</dt><dd data-message-count="1284">1,284</dd>' in text
    assert 'Offline · <span data-count="3">' in text
    assert 'data-group="online" hidden' in text


def test_member_with_two_connections_is_online_once(public, as_user, process):
    for _ in range(2):
        Connection.objects.create(process=process, user=public.member)
    Connection.objects.create(process=process, user=public.stranger)
    text = read_info(as_user(public.owner), public.room)
    assert 'Online · <span data-count="1">' in text
    assert text.count('data-status="on"') == 1
    assert 'Offline · <span data-count="2">' in text
    assert public.stranger.username not in text


def test_viewer_whose_connection_is_not_stored_yet_is_online(public, as_user):
    text = read_info(as_user(public.owner), public.room, "?connected")
    assert 'Online · <span data-count="1">' in text
    assert 'Offline · <span data-count="2">' in text


def test_connections_of_a_dead_process_do_not_count(public, as_user, process):
    Connection.objects.create(process=process, user=public.member)
    ServerProcess.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER - timedelta(seconds=1))
    assert 'data-group="online" hidden' in read_info(as_user(public.owner), public.room)


def test_bots_are_neither_online_nor_offline(public, as_user):
    bot = make_bot("helper", owner=public.owner)
    make_member(public.room, bot)
    text = read_info(as_user(public.owner), public.room)
    assert 'Offline · <span data-count="3">' in text
    assert 'Bots · <span data-count="1">' in text.split('data-group="bots"')[1]


@pytest.mark.parametrize(("role", "offered"), [("owner", True), ("moderator", True), ("member", False)])
def test_adding_people_is_offered_where_it_is_allowed(private, as_user, role, offered):
    assert ("Add people" in read_info(as_user(private[role]), private.room)) == offered


def test_room_without_creator_names_none(public, as_user):
    Room.objects.filter(pk=public.room.pk).update(created_by=None)
    assert "Created by" not in read_info(as_user(public.owner), public.room)


def test_many_members_are_counted_and_the_first_hundred_listed(public, as_user, process, django_assert_max_num_queries):
    people = [make_user() for _ in range(230)]
    Membership.objects.bulk_create(Membership(room=public.room, user=user) for user in people)
    Connection.objects.bulk_create(Connection(process=process, user=user) for user in people[:110])
    browser = as_user(public.owner)
    browser.get("/session/")  # the first request of a session stores its details
    with django_assert_max_num_queries(13):
        text = read_info(browser, public.room)
    assert 'Online · <span data-count="110">' in text
    assert "10 more" in text
    assert 'Offline · <span data-count="123">' in text
    assert "23 more" in text


def test_direct_room_shows_the_person(public, as_user):
    owner, member = public.owner, public.member
    User.objects.filter(pk=member.pk).update(time_zone="Asia/Tokyo", is_staff=True)
    room = open_direct_room(user=owner, other=member)
    Room.objects.create(name="Not shared", slug="not-shared", created_by=owner)
    text = read_info(as_user(owner), room)
    assert f"@{member.username}" in text and "Admin" in text
    assert 'data-zone="Asia/Tokyo"' in text
    assert f'href="/rooms/{public.room.pk}/"' in text
    assert "Not shared" not in text
    assert "data-group" not in text


def test_direct_room_of_a_deleted_user_shows_only_the_name(public, as_user):
    room = open_direct_room(user=public.owner, other=public.member)
    User.objects.filter(pk=public.member.pk).update(is_active=False, time_zone="Asia/Tokyo")
    text = read_info(as_user(public.owner), room)
    assert "data-zone" not in text and "@" not in text
