"""Hourly limits on creating rooms, adding people, starting conversations and inviting."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, User
from messaging.errors import RateLimited
from rooms import actions
from rooms.models import Membership, Room
from tests.factories import log_in, make_room, make_user
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_user("ana")


@pytest.fixture
def browser(ana) -> Client:
    return log_in(ana)


@pytest.fixture(autouse=True)
def low_limits(settings):
    settings.CHAT_ROOMS_PER_HOUR = settings.CHAT_ADDITIONS_PER_HOUR = settings.CHAT_INVITES_PER_HOUR = 3


def create_room(browser: Client, name: str) -> None:
    browser.post("/rooms/new/", {"name": name, "topic": "", "kind": "public"})


def test_creating_rooms_is_limited(browser):
    for name in ("One", "Two", "Three"):
        create_room(browser, name)
    page = browser.post("/rooms/new/", {"name": "Four", "topic": "", "kind": "public"})
    assert "You can create 3 rooms per hour. Try again in 60 minutes." in page.content.decode()
    assert not Room.objects.filter(name="Four").exists()


def test_deleted_rooms_still_count(browser, ana):
    for number in range(5):
        create_room(browser, f"Room {number}")
        for room in Room.objects.filter(created_by=ana):
            actions.delete_room(actor=ana, room=room)
    assert AuditEvent.objects.filter(kind="room made").count() == 3


def test_limit_ends_an_hour_after_the_first(browser):
    begin = timezone.now()
    for minute, name in enumerate(("One", "Two", "Three")):
        with time_machine.travel(begin + timedelta(minutes=minute), tick=False):
            create_room(browser, name)
    with time_machine.travel(begin + timedelta(minutes=59), tick=False):
        page = browser.post("/rooms/new/", {"name": "Four", "topic": "", "kind": "public"})
        assert "Try again in 1 minute." in page.content.decode()
    with time_machine.travel(begin + timedelta(minutes=60, seconds=1), tick=False):
        create_room(browser, "Four")
    assert Room.objects.filter(name="Four").exists()


def test_others_are_not_affected(browser):
    for name in ("One", "Two", "Three", "Four"):
        create_room(browser, name)
    create_room(log_in(make_user("bo")), "Bo's")
    assert set(Room.objects.filter(kind="public").values_list("name", flat=True)) >= {"One", "Two", "Three", "Bo's"}


def test_adding_people_is_limited(browser, ana):
    room = make_room("Garden", owner=ana)
    names = [make_user().username for _ in range(4)]
    program = json_client(browser)
    answers = [program.post(f"/rooms/{room.pk}/members/", {"user": name}) for name in names]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert 3590 < int(answers[-1]["Retry-After"]) <= 3600
    assert Membership.objects.filter(room=room).count() == 4


def test_adding_a_member_again_does_not_count(browser, ana):
    room = make_room("Garden", owner=ana)
    name = make_user().username
    for _ in range(5):
        browser.post(f"/rooms/{room.pk}/members/", {"user": name})
    assert json_client(browser).post(f"/rooms/{room.pk}/members/", {"user": make_user().username}).status_code == 200


def test_starting_direct_messages_is_limited(browser):
    program = json_client(browser)
    people = [make_user() for _ in range(4)]
    answers = [program.post(f"/direct/{person.pk}/") for person in people]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "You can start 3 conversations per hour." in answers[-1].json()["detail"]
    assert program.post(f"/direct/{people[0].pk}/").status_code == 200  # it already exists


def test_creating_invite_links_is_limited(browser, ana):
    for _ in range(3):
        assert browser.post("/invitations/", {"days": "7", "max_uses": "1"}).status_code == 302
    page = browser.post("/invitations/", {"days": "7", "max_uses": "1"})
    assert "You can create 3 invite links per hour. Try again in 60 minutes." in page.content.decode()
    assert Invitation.objects.filter(created_by=ana).count() == 3


def test_zero_means_no_limit(browser, settings):
    settings.CHAT_ROOMS_PER_HOUR = 0
    for number in range(5):
        create_room(browser, f"Room {number}")
    assert Room.objects.filter(name__startswith="Room ").count() == 5


def test_commands_on_the_console_have_no_limit(ana):
    for number in range(5):
        actions.create_room(owner=ana, name=f"Room {number}")
    assert Room.objects.filter(created_by=ana).count() == 5


def test_limit_is_found_in_one_query_by_its_index(ana, django_assert_num_queries):
    from accounts import audit
    from accounts.audit import Kind

    events = AuditEvent.objects.filter(actor=ana, kind=Kind.ADDED, at__gt=timezone.now()).order_by("-at")
    assert "audit_actor" in events.explain()
    with audit.origin(address="192.0.2.7", actor=lambda: ana), django_assert_num_queries(1):
        assert audit.seconds_to_wait(ana, Kind.ADDED, most=3) == 0


@pytest.mark.parametrize(("wait", "told"), [(0.004, 0.1), (0.1, 0.1), (0.3, 0.3), (0.70001, 0.8), (2, 2), (59.96, 60)])
def test_a_wait_is_never_rounded_down(wait, told):
    """A client that comes back too early would be refused again, and with 0 it would ask over and over."""
    assert RateLimited(retry_after=wait).as_data()["retry_after"] == told
