"""The level of notifications for a room."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import NotificationPreferences
from messaging.notifications import levels, room_levels
from messaging.notifications.levels import level_for
from messaging.notifications.preferences import save_preferences
from messaging.notifications.room_levels import default_level
from rooms.conversations import open_conversation
from rooms.errors import Invalid, NotFound
from rooms.models import Membership
from rooms.room_list import set_notification_level
from rooms.serializers import serialize_room_for
from tests.factories import log_in, make_member, make_room, make_user

pytestmark = pytest.mark.django_db

PROGRAM = {"X-Requested-With": "fetch"}


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def room(ana):
    return make_room("Design", owner=ana, kind="private")


def url(room) -> str:
    return f"/rooms/{room.pk}/notifications/"


class TestChoosing:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_room_of_others_does_not_exist(self, room, method):
        assert getattr(log_in(make_user()), method)(url(room)).status_code == 404

    def test_public_room_that_one_is_not_in_has_no_level(self):
        room = make_room("Lobby")
        with pytest.raises(NotFound):
            set_notification_level(user=make_user(), room=room, level="all")
        assert log_in(make_user()).post(url(room), {"level": "all"}, headers=PROGRAM).status_code == 404

    @pytest.mark.parametrize("level", ["some", "ALL", "x" * 100])
    def test_unknown_level_is_refused(self, ana, room, level):
        with pytest.raises(Invalid) as refused:
            set_notification_level(user=ana, room=room, level=level)
        assert refused.value.field == "level"
        response = log_in(ana).post(url(room), {"level": level}, headers=PROGRAM)
        assert (response.status_code, response.json()["field"]) == (400, "level")

    def test_program_gets_the_level_and_the_room_has_it(self, ana, room):
        response = log_in(ana).post(url(room), {"level": "all"}, headers=PROGRAM)
        assert response.json() == {"notification_level": "all"}
        assert serialize_room_for(ana, room)["notification_level"] == "all"

    def test_only_one_s_own_membership_changes(self, ana, room):
        other = make_member(room)
        set_notification_level(user=other, room=room, level="nothing")
        assert serialize_room_for(ana, room)["notification_level"] == ""

    def test_page_leads_back_to_the_room_and_shows_the_choice(self, ana, room):
        client = log_in(ana)
        assert client.post(url(room), {"level": "nothing"}).url == room.get_absolute_url()
        assert client.get(url(room)).context["form"]["level"].value() == "nothing"
        assert client.post(url(room), {"level": ""}).status_code == 302
        assert Membership.objects.get(user=ana, room=room).notification_level == ""


class TestDefault:
    @pytest.mark.parametrize(
        ("chosen", "preferred", "is_conversation", "is_large", "level"),
        [
            ("", "", False, False, "mentions"),
            ("", "all", False, False, "all"),
            ("", "all", False, True, "mentions"),
            ("", "nothing", False, True, "nothing"),
            ("all", "nothing", False, True, "all"),
            ("", "nothing", True, False, "all"),
            ("mentions", "", True, False, "mentions"),
        ],
    )
    def test_level_that_applies(self, chosen, preferred, is_conversation, is_large, level):
        assert level_for(chosen, preferred, is_conversation=is_conversation, is_large=is_large) == level

    def test_every_message_is_too_much_by_default_in_a_large_room(self, ana, room, monkeypatch):
        NotificationPreferences.objects.create(user=ana, level="all")
        for module in (levels, room_levels):
            monkeypatch.setattr(module, "LARGE_ROOM", 2)
        make_member(room)
        assert default_level(ana, room) == "all"
        make_member(room)
        assert default_level(ana, room) == "mentions"

    def test_page_and_details_name_the_default(self, ana, room):
        save_preferences(user=ana, level="nothing")
        client = log_in(ana)
        assert "Default (Nothing)" in client.get(url(room)).content.decode()
        assert "Default (Nothing)" in client.get(f"/rooms/{room.pk}/info/", headers=PROGRAM).content.decode()

    def test_details_of_a_room_that_one_is_not_in_name_none(self, ana):
        room = make_room("Lobby")
        assert "Notifications" not in log_in(ana).get(f"/rooms/{room.pk}/info/", headers=PROGRAM).content.decode()


def test_settings_list_the_rooms_with_their_own_level(ana, room):
    others = [make_user("ben"), make_user("cora")]
    group = open_conversation(user=ana, others=others)
    client = log_in(ana)
    assert client.get("/notifications/").context["rooms"] == []
    set_notification_level(user=ana, room=room, level="all")
    set_notification_level(user=ana, room=group, level="nothing")
    listed = client.get("/notifications/").context["rooms"]
    assert [(each.room["name"], each.level) for each in listed] == [
        ("ben and cora", "Nothing"),
        ("Design", "Every message"),
    ]


def test_settings_take_the_same_queries_for_many_rooms(ana):
    client = log_in(ana)
    for name in ("One", "Two"):
        set_notification_level(user=ana, room=make_room(name, owner=ana), level="all")
    client.get("/notifications/")
    with CaptureQueriesContext(connection) as few:
        client.get("/notifications/")
    for number in range(50):
        set_notification_level(user=ana, room=make_room(f"Room {number}", owner=ana, kind="private"), level="all")
    with CaptureQueriesContext(connection) as many:
        client.get("/notifications/")
    assert len(many) == len(few)
