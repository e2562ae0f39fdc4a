"""Pinned messages: permissions, the list, and unpinning."""

import pytest

from messaging.models import Message
from messaging.posting import actions
from messaging.posting.actions import clear_history, delete_message, pin_message, unpin_message
from rooms.actions import archive_room, open_direct_room
from rooms.errors import Archived, Forbidden, Invalid, NotFound
from tests.factories import make_room, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(people):
    return post(people["room"], people["member"], "The password is on the fridge")


def listed(client, user, room) -> list[int]:
    client.force_login(user, backend="accounts.auth.backends.NameOrEmailBackend")
    return [message["id"] for message in client.get(f"/rooms/{room.pk}/pins/").json()["messages"]]


@pytest.mark.parametrize("verb", [pin_message, unpin_message])
@pytest.mark.parametrize(
    ("who", "outcome"), [("member", Forbidden), ("former", NotFound), ("stranger", NotFound), ("root", NotFound)]
)
def test_others_cannot_pin(people, message, verb, who, outcome):
    with pytest.raises(outcome):
        verb(actor=people[who], message_id=message.pk)


@pytest.mark.parametrize("who", ["owner", "moderator"])
def test_owners_and_moderators_pin_and_unpin(people, message, who, client):
    pinned = pin_message(actor=people[who], message_id=message.pk)
    assert (pinned.pinned_by, pinned.version) == (people[who], 2)
    assert pin_message(actor=people[who], message_id=message.pk).version == 2
    assert listed(client, people["member"], people["room"]) == [message.pk]
    assert unpin_message(actor=people["owner"], message_id=message.pk).version == 3
    assert listed(client, people["member"], people["room"]) == []


def test_superusers_pin_in_public_rooms(people):
    room = make_room("Square", owner=people["owner"])
    assert pin_message(actor=people["root"], message_id=post(room, people["owner"]).pk).pinned_at


def test_both_people_pin_in_a_direct_room(people):
    one, other = people["owner"], people["stranger"]
    room = open_direct_room(user=one, other=other)
    message = post(room, one)
    for each in (one, other):
        assert pin_message(actor=each, message_id=message.pk).pinned_at
        unpin_message(actor=each, message_id=message.pk)
    with pytest.raises(NotFound):
        pin_message(actor=people["member"], message_id=message.pk)


def test_pins_of_archived_rooms_cannot_be_changed(people, message):
    archive_room(actor=people["owner"], room=people["room"])
    with pytest.raises(Archived):
        pin_message(actor=people["owner"], message_id=message.pk)


def test_list_starts_with_the_last_pinned_and_leaves_out_cleared_messages(people, message, client):
    later = post(people["room"], people["owner"], "Later")
    for each in (later, message):
        pin_message(actor=people["owner"], message_id=each.pk)
    assert listed(client, people["moderator"], people["room"]) == [message.pk, later.pk]
    clear_history(user=people["moderator"], room_id=people["room"].pk)
    assert listed(client, people["moderator"], people["room"]) == []
    assert listed(client, people["owner"], people["room"]) == [message.pk, later.pk]


def test_stranger_gets_no_list(people, message, client):
    client.force_login(people["stranger"], backend="accounts.auth.backends.NameOrEmailBackend")
    assert client.get(f"/rooms/{people['room'].pk}/pins/").status_code == 404


def test_deleting_unpins(people, message):
    pin_message(actor=people["owner"], message_id=message.pk)
    delete_message(actor=people["member"], message_id=message.pk)
    message.refresh_from_db()
    assert (message.pinned_at, message.pinned_by) == (None, None)


def test_number_of_pins_is_limited(people, monkeypatch):
    monkeypatch.setattr(actions, "MAX_PINS", 2)
    messages = [post(people["room"], people["owner"], f"Number {n}") for n in range(3)]
    for message in messages[:2]:
        pin_message(actor=people["owner"], message_id=message.pk)
    with pytest.raises(Invalid, match="at most 2"):
        pin_message(actor=people["owner"], message_id=messages[2].pk)
    assert Message.objects.filter(pinned_at__isnull=False).count() == 2
