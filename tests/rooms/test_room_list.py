"""A user's own list of rooms: favorites, new rooms and closed direct rooms."""

import pytest

from accounts.models import User
from messaging.web.sidebar import render_sidebar
from rooms import actions
from rooms.models import Membership, Room
from rooms.serializers import serialize_rooms_for
from tests.factories import make_room, make_user, post
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(db) -> User:
    return make_user("ana")


@pytest.fixture
def ben(db) -> User:
    return make_user("ben")


@pytest.fixture
def direct(ana, ben) -> Room:
    room = actions.open_direct_room(user=ana, other=ben)
    post(room, ben, "Hello")
    return room


def in_list(user: User, room: Room) -> dict:
    return next(each for each in serialize_rooms_for(user) if each["id"] == room.pk)


def is_closed(user: User, room: Room) -> bool:
    found = in_list(user, room)
    return found["closed_seq"] is not None and found["closed_seq"] >= found["last_seq"]


class TestFavorites:
    def test_room_is_added_and_removed(self, ana, ben, as_user):
        room = make_room(owner=ana)
        actions.join_room(user=ben, room=room)
        client = json_client(as_user(ana))
        assert client.post(f"/rooms/{room.pk}/favorite/").json() == {"is_favorite": True}
        assert in_list(ana, room)["is_favorite"] is True
        assert in_list(ben, room)["is_favorite"] is False
        assert client.delete(f"/rooms/{room.pk}/favorite/").json() == {"is_favorite": False}
        assert in_list(ana, room)["is_favorite"] is False

    def test_only_members_have_favorites(self, public, private, as_user):
        for room in (public.room, private.room):
            assert json_client(as_user(make_user())).post(f"/rooms/{room.pk}/favorite/").status_code == 404
        assert not Membership.objects.filter(is_favorite=True).exists()


class TestNewRooms:
    @pytest.fixture
    def room(self, ana) -> Room:
        return make_room("Workshop", owner=ana)

    def test_only_rooms_that_others_added_the_user_to_are_new(self, ana, ben, room):
        actions.add_member(actor=ana, room=room, user=ben)
        assert in_list(ben, room)["is_new"] is True
        assert in_list(ana, room)["is_new"] is False
        other = make_room(owner=ana)
        actions.join_room(user=ben, room=other)
        assert in_list(ben, other)["is_new"] is False
        invited = make_user("invited")
        actions.add_member(actor=ana, room=room, user=invited, by_invitation=True)
        assert in_list(invited, room)["is_new"] is False

    def test_opening_the_page_ends_it(self, ana, ben, room, as_user):
        actions.add_member(actor=ana, room=room, user=ben)
        page = as_user(ben).get(f"/rooms/{room.pk}/").content.decode()
        assert '"is_new":true' not in page
        assert in_list(ben, room)["is_new"] is False

    def test_marking_it_as_seen_ends_it_for_the_user_alone(self, ana, ben, room, as_user):
        other = make_user("other")
        for user in (ben, other):
            actions.add_member(actor=ana, room=room, user=user)
        assert json_client(as_user(ben)).post(f"/rooms/{room.pk}/seen/").json() == {"is_new": False}
        assert in_list(ben, room)["is_new"] is False
        assert in_list(other, room)["is_new"] is True

    def test_private_rooms_of_others_cannot_be_marked(self, private, as_user):
        assert json_client(as_user(make_user())).post(f"/rooms/{private.room.pk}/seen/").status_code == 404


class TestClosedRooms:
    def test_is_hidden_and_read_for_the_user_alone(self, ana, ben, direct, as_user):
        assert json_client(as_user(ana)).post(f"/rooms/{direct.pk}/closure/").json() == {"closed_seq": 1}
        assert is_closed(ana, direct)
        assert in_list(ana, direct)["unread"] == 0
        assert not is_closed(ben, direct)
        assert "ben" not in render_sidebar(serialize_rooms_for(ana), None, "").people_rows
        assert "ana" in render_sidebar(serialize_rooms_for(ben), None, "mixed").people_rows

    @pytest.mark.parametrize("sender", ["ana", "ben"])
    def test_next_message_shows_it_again(self, ana, ben, direct, as_user, sender):
        json_client(as_user(ana)).post(f"/rooms/{direct.pk}/closure/")
        post(direct, {"ana": ana, "ben": ben}[sender])
        assert not is_closed(ana, direct)

    def test_room_without_messages_can_be_closed(self, ana, ben, as_user):
        room = actions.open_direct_room(user=ana, other=ben)
        assert not is_closed(ana, room)
        json_client(as_user(ana)).post(f"/rooms/{room.pk}/closure/")
        assert is_closed(ana, room)

    def test_can_be_shown_again(self, ana, ben, direct, as_user):
        client = json_client(as_user(ana))
        client.post(f"/rooms/{direct.pk}/closure/")
        assert client.delete(f"/rooms/{direct.pk}/closure/").json() == {"closed_seq": None}
        assert not is_closed(ana, direct)
        client.post(f"/rooms/{direct.pk}/closure/")
        client.post(f"/direct/{ben.pk}/")
        assert not is_closed(ana, direct)

    def test_other_rooms_cannot_be_closed(self, public, as_user):
        refused = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/closure/")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")

    def test_strangers_cannot_close_it(self, direct, as_user):
        assert json_client(as_user(make_user())).post(f"/rooms/{direct.pk}/closure/").status_code == 404
