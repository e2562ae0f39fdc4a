"""Removing all that one person said in a room."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.history.events import shown
from messaging.models import Message, Revision
from messaging.moderation import bulk_delete
from messaging.moderation.bulk_delete import delete_messages_of
from messaging.posting.actions import edit_message
from rooms.actions import remove_member
from rooms.errors import Forbidden, NotFound
from rooms.models import Room
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    owner = make_user("owner")
    room = make_room("Workshop", owner=owner, kind="private")
    return {
        "owner": owner,
        "moderator": make_member(room, role="moderator"),
        "member": make_member(room),
        "other": make_member(room),
        "stranger": make_user("stranger"),
        "root": make_user("root", is_superuser=True),
        "room": room,
    }


def living(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, deleted_at=None).order_by("seq").values_list("body", flat=True))


@pytest.mark.parametrize(
    ("who", "outcome"),
    [("member", Forbidden), ("other", Forbidden), ("stranger", NotFound), ("root", NotFound)],
)
def test_only_those_who_moderate_may(people, who, outcome):
    post(people["room"], people["member"], "Stays")
    with pytest.raises(outcome):
        delete_messages_of(actor=people[who], room=people["room"], user=people["member"])
    assert living(people["room"]) == ["Stays"]


def test_an_administrator_may_in_public_rooms_and_a_former_moderator_no_more(people):
    room = make_room("Square", owner=people["owner"])
    post(room, people["owner"], "Noise")
    former = make_member(room, role="moderator")
    remove_member(actor=people["owner"], room=room, user=former)
    with pytest.raises(Forbidden):
        delete_messages_of(actor=former, room=room, user=people["owner"])
    assert delete_messages_of(actor=people["root"], room=room, user=people["owner"]) == 1


@pytest.mark.parametrize("who", ["owner", "moderator", None])
def test_all_by_one_person_goes_and_nothing_else(people, who):
    room, member = people["room"], people["member"]
    first = post(room, member, "Spam 1")
    edit_message(actor=member, message_id=first.pk, body="Spam one")
    answer = post(room, people["other"], "Please stop", reply_to_id=first.pk)
    post(room, member, "Spam 2")
    assert delete_messages_of(actor=people.get(who), room=room, user=member) == 2
    assert living(room) == ["Please stop"]
    assert not Revision.objects.exists()
    assert shown(Message.objects.complete().get(pk=answer.pk))["reply_to"]["excerpt"] == ""
    for message in Message.objects.filter(sender=member):
        assert (message.body, message.html, bytes(message.fingerprint)) == ("", "", b"")


def test_somebody_who_is_no_longer_in_the_room_is_no_exception(people):
    post(people["room"], people["member"], "Spam")
    remove_member(actor=people["owner"], room=people["room"], user=people["member"])
    assert delete_messages_of(actor=people["moderator"], room=people["room"], user=people["member"]) == 1


def test_what_was_said_before_stays(people):
    room, member = people["room"], people["member"]
    old = post(room, member, "Old")
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    post(room, member, "New")
    assert delete_messages_of(actor=people["owner"], room=room, user=member, since=bulk_delete.begin_of("hour")) == 1
    assert living(room) == ["Old"]


def test_it_goes_piece_by_piece_and_the_versions_have_no_hole(people, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(bulk_delete, "PIECE", 10)
    room, member = people["room"], people["member"]
    for number in range(25):
        post(room, member if number % 5 else people["other"], f"Number {number}")
    with django_assert_max_num_queries(40):
        assert delete_messages_of(actor=people["owner"], room=room, user=member) == 20
    room.refresh_from_db()
    deleted = Message.objects.filter(sender=member).order_by("seq").values_list("version", flat=True)
    assert list(deleted) == list(range(26, 46))
    assert room.version == 45
    assert len(living(room)) == 5
