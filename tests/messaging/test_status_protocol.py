"""Status over the wire: away, dnd, invisible, and names and texts that change while pages are open."""

import pytest

from accounts import actions
from accounts.auth.session_lookup import COLUMNS
from accounts.models import User
from accounts.profile.status import set_status
from messaging.runtime.welcome import welcomes
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
    """Wait for the `presence` that names this person in just these lists."""
    while True:
        event = client.wait_for("presence")
        if {name for name in ("online", "offline", "away", "dnd") if user.pk in event.get(name, [])} == set(lists):
            return


def test_who_is_idle_on_all_pages_is_away_and_back_at_the_first_touch(uvicorn, ana, mira):
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


def test_idle_takes_yes_or_no(uvicorn, ana):
    with LiveClient(uvicorn, ana) as client:
        assert client.call("presence.idle", idle="perhaps")["detail"].startswith("idle:")


def test_what_one_chooses_is_seen(uvicorn, ana, mira):
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


def test_who_is_invisible_is_gone_to_others_and_here_to_themselves(uvicorn, ana, mira, everyone):
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
        heard = [event["type"] for event in other.settle()]
        assert "message.posted" in heard
        assert "room.typing" not in heard


def test_a_new_name_reaches_open_pages_also_of_who_is_not_here(uvicorn, ana, mira):
    with LiveClient(uvicorn, mira) as other:
        actions.update_profile(user=ana, display_name="Ana B.", theme="")
        assert other.wait_for("person.changed")["person"]["name"] == "Ana B."


def test_welcoming_a_hundred_costs_no_query_for_each(everyone, django_assert_max_num_queries):
    for _ in range(100):
        make_member(everyone)
    people = list(User.objects.only(*COLUMNS))  # as they come through the door
    with django_assert_max_num_queries(3):
        welcomes(people)


def test_who_blocks_somebody_hears_nothing_of_how_they_are(uvicorn, ana, mira):
    third = make_user("third")
    block_person(user=mira, other=ana)
    set_status(user=third, status="dnd")
    with LiveClient(uvicorn, mira) as other, LiveClient(uvicorn, ana) as own:
        own.call("presence.idle", idle=True)
        set_status(user=ana, status="auto", text="Not for Mira")
        with LiveClient(uvicorn, third):  # what is told of somebody else comes after what would be told of ana
            until(other, third, "online", "dnd")
        set_status(user=third, status="dnd", text="For everybody")
        while (person := other.wait_for("person.changed")["person"])["status_text"] != "For everybody":
            assert person["id"] != ana.pk
        assert not [event for event in other.events if ana.pk in event.get("online", [])]
        with LiveClient(uvicorn, mira) as again:
            assert ana.pk not in again.welcome["online"]
            assert ana.pk not in again.welcome.get("away", [])


def test_somebody_invisible_is_not_betrayed_by_unblocking(uvicorn, ana, mira):
    set_status(user=ana, status="invisible")
    block_person(user=mira, other=ana)
    with LiveClient(uvicorn, ana), LiveClient(uvicorn, mira) as other:
        unblock_person(user=mira, other=ana)
        shown = other.wait_for("person.shown")
        assert (shown["online"], shown["offline"]) == ([], [ana.pk])
