"""Status over sockets: away, dnd, invisible, and names and texts changed while pages are open."""

import pytest

from accounts import actions
from accounts.auth.session_lookup import FIELDS
from accounts.models import User
from accounts.profile.status import set_status
from messaging.runtime.welcome import make_welcomes
from rooms.blocking import block_person, unblock_person
from tests.factories import make_member, make_user
from tests.live_client import LiveClient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(everyone) -> User:
    return make_member(everyone, make_user("ana", display_name="Ana Brandt"))


@pytest.fixture
def mira(everyone) -> User:
    return make_member(everyone, make_user("mira"))


def until(client: LiveClient, user: User, *lists: str) -> None:
    """Wait for the `presence` event that includes this user in exactly these lists."""
    while True:
        event = client.wait_for("presence")
        if {name for name in ("online", "offline", "away", "dnd") if user.pk in event.get(name, [])} == set(lists):
            return


def test_person_idle_on_all_pages_is_away_until_the_first_activity(uvicorn, ana, mira):
    with LiveClient(uvicorn, mira) as other, LiveClient(uvicorn, ana) as laptop, LiveClient(uvicorn, ana) as phone:
        until(other, ana, "online")
        assert laptop.call("presence.idle", idle=True)["type"] == "ok"
        phone.call("presence.idle", idle=True)
        until(other, ana, "online", "away")
        with LiveClient(uvicorn, make_user("late")) as late:
            assert ana.pk in late.welcome["online"]
            assert ana.pk in late.welcome["away"]
            assert "dnd" not in late.welcome
        phone.call("presence.idle", idle=False)
        until(other, ana, "online")


def test_idle_must_be_a_boolean(uvicorn, ana):
    with LiveClient(uvicorn, ana) as client:
        assert client.call("presence.idle", idle="perhaps")["detail"].startswith("idle:")


def test_chosen_status_is_seen_by_others(uvicorn, ana, mira):
    with LiveClient(uvicorn, mira) as other, LiveClient(uvicorn, ana) as own:
        until(other, ana, "online")
        set_status(user=ana, status="dnd", text="Writing")
        until(other, ana, "online", "dnd")
        event = other.wait_for("person.changed")
        assert event["person"] == {
            "id": ana.pk, "username": "ana", "name": "Ana Brandt", "avatar": None,
            "status_text": "Writing", "status_until": None,
        }  # fmt: skip
        with LiveClient(uvicorn, ana) as again:
            assert again.welcome["user"]["status"] == "dnd"
            assert ana.pk in again.welcome["dnd"]
        own.call("ping")


def test_invisible_person_is_offline_to_others_and_online_to_themselves(uvicorn, ana, mira, everyone):
    with LiveClient(uvicorn, mira) as other, LiveClient(uvicorn, ana) as own:
        until(other, ana, "online")
        set_status(user=ana, status="invisible")
        until(other, ana, "offline")
        with LiveClient(uvicorn, make_user("late")) as late:
            assert ana.pk not in late.welcome["online"]
        with LiveClient(uvicorn, ana) as again:
            assert ana.pk in again.welcome["online"]
        own.send("room.typing", room=everyone.pk)
        own.post(everyone.pk, "Seen only by what I say")
        assert not [event for event in own.settle() if ana.pk in event.get("offline", [])]
        received = [event["type"] for event in other.settle()]
        assert "message.posted" in received
        assert "room.typing" not in received


def test_new_name_of_an_offline_person_reaches_open_pages(uvicorn, ana, mira):
    with LiveClient(uvicorn, mira) as other:
        actions.update_profile(user=ana, display_name="Ana B.", theme="")
        assert other.wait_for("person.changed")["person"]["name"] == "Ana B."


def test_welcoming_a_hundred_needs_no_query_for_each(everyone, django_assert_max_num_queries):
    for _ in range(100):
        make_member(everyone)
    people = list(User.objects.only(*FIELDS))  # as loaded by the handshake
    with django_assert_max_num_queries(10):
        make_welcomes(people)


def test_presence_of_blocked_people_is_not_received(uvicorn, ana, mira):
    third = make_user("third")
    block_person(user=mira, other=ana)
    set_status(user=third, status="dnd")
    with LiveClient(uvicorn, mira) as other, LiveClient(uvicorn, ana) as own:
        own.call("presence.idle", idle=True)
        set_status(user=ana, status="auto", text="Not for Mira")
        with LiveClient(uvicorn, third):  # an event about another user arrives after any event about ana
            until(other, third, "online", "dnd")
        set_status(user=third, status="dnd", text="For everybody")
        while (person := other.wait_for("person.changed")["person"])["status_text"] != "For everybody":
            assert person["id"] != ana.pk
        assert not [event for event in other.events if ana.pk in event.get("online", [])]
        with LiveClient(uvicorn, mira) as again:
            assert ana.pk not in again.welcome["online"]
            assert ana.pk not in again.welcome.get("away", [])


def test_unblocking_does_not_reveal_invisible_people(uvicorn, ana, mira):
    set_status(user=ana, status="invisible")
    block_person(user=mira, other=ana)
    with LiveClient(uvicorn, ana), LiveClient(uvicorn, mira) as other:
        unblock_person(user=mira, other=ana)
        shown = other.wait_for("person.shown")
        assert (shown["online"], shown["offline"]) == ([], [ana.pk])
