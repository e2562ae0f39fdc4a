"""Deletion of all messages that a user posted in a room."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging.history.events import serialize_message
from messaging.models import BulkDeletion, Message, Revision
from messaging.moderation import bulk_delete
from messaging.moderation.bulk_delete import delete_messages_of, delete_next_piece, next_job
from messaging.posting.actions import edit_message
from rooms.actions import delete_room, remove_member
from rooms.errors import Forbidden, NotFound
from rooms.models import Membership, Room
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


@pytest.fixture
def small_pieces(monkeypatch) -> None:
    monkeypatch.setattr(bulk_delete, "PIECE", 10)


@pytest.fixture
def spammed(people, small_pieces) -> Room:
    """Twenty messages from the member, and five from the other user."""
    for number in range(25):
        post(people["room"], people["member"] if number % 5 else people["other"], f"Number {number}")
    return people["room"]


def living(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, deleted_at=None).order_by("seq").values_list("body", flat=True))


def finish() -> None:
    while delete_next_piece():
        pass


@pytest.mark.parametrize(
    ("who", "outcome"),
    [("member", Forbidden), ("other", Forbidden), ("stranger", NotFound), ("root", NotFound)],
)
def test_only_moderators_of_the_room_may(people, who, outcome):
    post(people["room"], people["member"], "Stays")
    with pytest.raises(outcome):
        delete_messages_of(actor=people[who], room=people["room"], user=people["member"])
    assert not delete_next_piece()
    assert living(people["room"]) == ["Stays"]


def test_superusers_may_in_public_rooms_and_former_moderators_may_not(people):
    room = make_room("Square", owner=people["owner"])
    post(room, people["owner"], "Noise")
    former = make_member(room, role="moderator")
    remove_member(actor=people["owner"], room=room, user=former)
    with pytest.raises(Forbidden):
        delete_messages_of(actor=former, room=room, user=people["owner"])
    assert delete_messages_of(actor=people["root"], room=room, user=people["owner"]) == (1, 0)


@pytest.mark.parametrize("who", ["owner", "moderator", None])
def test_all_messages_of_one_person_are_deleted_and_no_others(people, who):
    room, member = people["room"], people["member"]
    first = post(room, member, "Spam 1")
    edit_message(actor=member, message_id=first.pk, body="Spam one")
    answer = post(room, people["other"], "Please stop", reply_to_id=first.pk)
    post(room, member, "Spam 2")
    assert delete_messages_of(actor=people.get(who), room=room, user=member) == (2, 0)
    assert living(room) == ["Please stop"]
    assert not Revision.objects.exists()
    assert serialize_message(Message.objects.complete().get(pk=answer.pk))["reply_to"]["excerpt"] == ""
    for message in Message.objects.filter(sender=member):
        assert (message.body, message.html, bytes(message.fingerprint)) == ("", "", b"")
    assert not BulkDeletion.objects.exists()


def test_messages_of_a_former_member_are_deleted(people):
    post(people["room"], people["member"], "Spam")
    remove_member(actor=people["owner"], room=people["room"], user=people["member"])
    assert delete_messages_of(actor=people["moderator"], room=people["room"], user=people["member"]).deleted == 1


def test_messages_from_before_the_period_stay(people):
    room, member = people["room"], people["member"]
    old = post(room, member, "Old")
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    post(room, member, "New")
    since = bulk_delete.start_of("hour")
    assert delete_messages_of(actor=people["owner"], room=room, user=member, since=since).deleted == 1
    assert living(room) == ["Old"]


def test_pieces_begin_with_the_period(people, spammed):
    """Otherwise, the room would be locked while all earlier messages are read."""
    early = Message.objects.filter(sender=people["member"], seq__lte=10)
    assert early.update(created_at=timezone.now() - timedelta(hours=2))
    since = bulk_delete.start_of("hour")
    assert delete_messages_of(actor=people["owner"], room=spammed, user=people["member"], since=since).remaining > 10
    first = Message.objects.filter(sender=people["member"], seq__gt=10).earliest("seq")
    assert BulkDeletion.objects.get().done_seq == first.seq - 1
    finish()
    assert len(living(spammed)) == 5 + early.count()


def test_many_messages_are_deleted_in_the_background(people, spammed, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        assert delete_messages_of(actor=people["owner"], room=spammed, user=people["member"]) == (0, 20)
    assert len(living(spammed)) == 25
    assert delete_next_piece()
    assert len(living(spammed)) == 15


def test_pieces_leave_no_gap_in_the_versions(people, spammed, django_assert_max_num_queries):
    delete_messages_of(actor=people["owner"], room=spammed, user=people["member"])
    locks = (
        2 if connection.features.has_select_for_update else 0
    )  # of the messages of each piece, so that no one saves them
    with django_assert_max_num_queries(48 + locks):
        finish()
    spammed.refresh_from_db()
    deleted = Message.objects.filter(sender=people["member"]).order_by("seq").values_list("version", flat=True)
    assert list(deleted) == list(range(26, 46))
    assert spammed.version == 45
    assert len(living(spammed)) == 5
    assert not BulkDeletion.objects.exists()


def test_a_crash_between_or_within_pieces_loses_nothing(people, spammed, monkeypatch):
    delete_messages_of(actor=people["owner"], room=spammed, user=people["member"])
    delete_next_piece()

    def crash(*messages: Message) -> None:
        raise OSError

    with monkeypatch.context() as broken, pytest.raises(OSError):
        broken.setattr(bulk_delete.events, "announce_changed", crash)
        delete_next_piece()
    assert len(living(spammed)) == 15
    finish()
    assert len(living(spammed)) == 5
    versions = Message.objects.filter(sender=people["member"]).order_by("seq").values_list("version", flat=True)
    assert list(versions) == list(range(26, 46))


@pytest.mark.parametrize("lost", ["role", "membership", "account"])
def test_a_moderator_who_loses_the_right_midway_deletes_no_more(people, spammed, lost):
    moderator = people["moderator"]
    delete_messages_of(actor=moderator, room=spammed, user=people["member"])
    delete_next_piece()
    if lost == "role":
        Membership.objects.filter(room=spammed, user=moderator).update(role="member")
    elif lost == "membership":
        remove_member(actor=people["owner"], room=spammed, user=moderator)
    else:
        moderator.is_active = False
        moderator.save()
    finish()
    assert len(living(spammed)) == 15
    assert not BulkDeletion.objects.exists()


def test_messages_posted_after_the_start_stay(people, spammed):
    delete_messages_of(actor=people["owner"], room=spammed, user=people["member"])
    delete_next_piece()
    post(spammed, people["member"], "Sorry about that")
    finish()
    assert living(spammed)[-1] == "Sorry about that"
    assert len(living(spammed)) == 6


def test_a_deleted_room_takes_its_job_along(people, spammed):
    delete_messages_of(actor=people["owner"], room=spammed, user=people["member"])
    delete_room(actor=people["owner"], room=spammed)
    assert not delete_next_piece()


def test_jobs_take_turns(people, spammed):
    post(spammed, people["owner"], "Mine")
    for name in ("member", "owner", "other"):
        BulkDeletion.objects.create(room=spammed, sender=people[name])
    first, second, third = BulkDeletion.objects.order_by("pk").values_list("pk", flat=True)
    assert [next_job(after) for after in (0, first, second, third)] == [first, second, third, first]


async def test_a_failing_job_does_not_hold_up_the_next(monkeypatch):
    """The jobs are not in the database, where the worker of another server would find them."""
    failing = 1
    jobs = [failing, 2]

    def fake_next_job(after: int) -> int:
        return next((job for job in jobs if job > after), jobs[0])

    def fake_delete_piece(job: int) -> None:
        if job == failing:
            raise OSError
        jobs.remove(job)

    monkeypatch.setattr(bulk_delete, "next_job", fake_next_job)
    monkeypatch.setattr(bulk_delete, "delete_piece", fake_delete_piece)
    turns = bulk_delete.BulkDeletionTurns()
    with pytest.raises(OSError):
        await turns.work()
    assert await turns.work()
    assert jobs == [failing]
