"""The information panel: who made the room, who is here, and no more queries for more people."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import DEAD_AFTER, Connection, ServerProcess
from rooms.models import Membership, Room
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def process(db) -> ServerProcess:
    return ServerProcess.objects.create(host="here", pid=1)


def facts(browser, room: Room) -> str:
    response = browser.get(f"/rooms/{room.pk}/info/", headers={"Accept": "text/html", "X-Requested-With": "fetch"})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_is_a_fragment_with_the_rooms_facts(public, as_user):
    Room.objects.filter(pk=public.room.pk).update(last_seq=1284)
    text = facts(as_user(public.stranger), public.room)
    assert "<html" not in text
    assert f"<dt>Created by</dt><dd><bdi>{public.owner.name}</bdi></dd>" in text
    assert '<dt>Messages</dt><dd data-message-count="1284">1,284</dd>' in text
    assert "Offline · 3" in text
    assert "Here now" not in text


def test_who_has_a_living_connection_is_here_once(public, as_user, process):
    for _ in range(2):
        Connection.objects.create(process=process, user=public.member)
    Connection.objects.create(process=process, user=public.stranger)
    text = facts(as_user(public.owner), public.room)
    assert "Online · 1" in text
    assert text.count('data-status="on"') == 1
    assert "Offline · 2" in text
    assert public.stranger.username not in text


def test_the_connections_of_a_dead_process_do_not_count(public, as_user, process):
    Connection.objects.create(process=process, user=public.member)
    ServerProcess.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER - timedelta(seconds=1))
    assert "Here now" not in facts(as_user(public.owner), public.room)


@pytest.mark.parametrize(("role", "offered"), [("owner", True), ("moderator", True), ("member", False)])
def test_bringing_people_in_is_offered_to_who_may(private, as_user, role, offered):
    assert ("Add people" in facts(as_user(private[role]), private.room)) == offered


def test_a_room_without_a_maker_says_nothing_of_one(public, as_user):
    Room.objects.filter(pk=public.room.pk).update(created_by=None)
    assert "Made by" not in facts(as_user(public.owner), public.room)


def test_many_people_are_counted_and_the_first_hundred_shown(public, as_user, process, django_assert_max_num_queries):
    people = [make_user() for _ in range(230)]
    Membership.objects.bulk_create(Membership(room=public.room, user=user) for user in people)
    Connection.objects.bulk_create(Connection(process=process, user=user) for user in people[:110])
    browser = as_user(public.owner)
    browser.get("/session/")  # what a first request notes of the session
    with django_assert_max_num_queries(11):
        text = facts(browser, public.room)
    assert "Online · 110" in text
    assert "10 more" in text
    assert "Offline · 123" in text
    assert "23 more" in text
