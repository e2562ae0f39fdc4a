"""Deletions that moderators can undo for a moment."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import Kind
from accounts.models import AuditEvent
from messaging.models import BulkDeletion
from messaging.moderation import held_deletions
from messaging.moderation.bulk_delete import delete_next_piece
from messaging.moderation.held_deletions import hold_message_deletion, start_deletion, undo_deletion
from rooms.actions import change_role
from rooms.errors import Forbidden, LimitReached, NotFound
from tests.factories import make_member, make_room, make_user, post
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    owner = make_user("owner")
    room = make_room("Workshop", owner=owner, kind="private")
    roles = {"moderator": make_member(room, role="moderator"), "member": make_member(room)}
    return {"owner": owner, "stranger": make_user("stranger"), "room": room, **roles}


@pytest.fixture
def messages(people):
    return [post(people["room"], people["member"], text) for text in ("Before", "Spam", "After")]


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def living(room):
    return list(room.messages.filter(deleted_at=None).order_by("seq").values_list("body", flat=True))


@pytest.mark.parametrize(("who", "refusal"), [("member", Forbidden), ("stranger", NotFound)])
def test_only_moderators_may_hold_a_deletion(people, messages, who, refusal):
    with pytest.raises(refusal):
        hold_message_deletion(actor=people[who], message_id=messages[1].pk)
    assert not BulkDeletion.objects.exists()


def test_the_message_alone_is_deleted_when_the_time_is_over(people, messages):
    deletion = hold_message_deletion(actor=people["moderator"], message_id=messages[1].pk)
    assert not delete_next_piece()
    assert living(people["room"]) == ["Before", "Spam", "After"]
    BulkDeletion.objects.filter(pk=deletion.pk).update(starts_at=timezone.now())
    assert delete_next_piece()
    assert living(people["room"]) == ["Before", "After"]
    assert not BulkDeletion.objects.exists()


def test_the_page_can_begin_it_earlier_but_no_one_else(people, messages):
    deletion = hold_message_deletion(actor=people["moderator"], message_id=messages[1].pk)
    with pytest.raises(NotFound):
        start_deletion(actor=people["owner"], deletion_id=deletion.pk)
    assert start_deletion(actor=people["moderator"], deletion_id=deletion.pk) == (1, 0)
    assert living(people["room"]) == ["Before", "After"]
    with pytest.raises(NotFound):
        start_deletion(actor=people["moderator"], deletion_id=deletion.pk)


def test_undone_deletion_deletes_nothing_and_both_are_recorded(people, messages):
    deletion = hold_message_deletion(actor=people["moderator"], message_id=messages[1].pk)
    with pytest.raises(NotFound):
        undo_deletion(actor=people["owner"], deletion_id=deletion.pk)
    undo_deletion(actor=people["moderator"], deletion_id=deletion.pk)
    assert not delete_next_piece()
    assert len(living(people["room"])) == 3
    kinds = AuditEvent.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-2:] == [Kind.MESSAGE_DELETED, Kind.DELETION_UNDONE]


def test_it_is_too_late_once_the_deletion_has_begun(people, messages):
    deletion = hold_message_deletion(actor=people["moderator"], message_id=messages[1].pk)
    BulkDeletion.objects.update(starts_at=timezone.now())
    with pytest.raises(NotFound, match="too late"):
        undo_deletion(actor=people["moderator"], deletion_id=deletion.pk)


def test_someone_who_lost_their_role_neither_deletes_nor_undoes(people, messages):
    deletion = hold_message_deletion(actor=people["moderator"], message_id=messages[1].pk)
    change_role(actor=people["owner"], room=people["room"], user=people["moderator"], role="member")
    with pytest.raises(Forbidden):
        undo_deletion(actor=people["moderator"], deletion_id=deletion.pk)
    BulkDeletion.objects.update(starts_at=timezone.now())
    assert delete_next_piece()
    assert len(living(people["room"])) == 3


def test_the_number_of_held_deletions_is_limited(people, messages, monkeypatch):
    monkeypatch.setattr(held_deletions, "MOST_HELD", 2)
    for message in messages[:2]:
        hold_message_deletion(actor=people["moderator"], message_id=message.pk)
    with pytest.raises(LimitReached):
        hold_message_deletion(actor=people["moderator"], message_id=messages[2].pk)
    hold_message_deletion(actor=people["owner"], message_id=messages[2].pk)


def test_the_limit_refuses_a_ban_only_if_it_deletes_messages(people, messages, monkeypatch):
    monkeypatch.setattr(held_deletions, "MOST_HELD", 0)
    client = json_client(logged_in(people["moderator"]))
    url = f"/rooms/{people['room'].pk}/members/{people['member'].pk}/ban/"
    assert client.post(url, {"length": "day", "delete": "all", "held": "1"}).status_code == 429
    assert people["room"].memberships.filter(user=people["member"]).exists()
    assert client.post(url, {"length": "day", "held": "1"}).status_code == 200
    assert not people["room"].memberships.filter(user=people["member"]).exists()


def test_programs_choose_whether_a_persons_messages_are_held(people, messages):
    client, url = (
        json_client(logged_in(people["moderator"])),
        f"/rooms/{people['room'].pk}/members/{people['member'].pk}/messages/",
    )
    answer = client.post(url, {"span": "all", "held": "1"}).json()
    assert len(living(people["room"])) == 3
    assert client.delete(f"/deletions/{answer['deletion']}/").status_code == 200
    assert client.post(url, {"span": "all"}).json() == {"deleted": 3, "remaining": 0}


def test_a_message_is_held_and_deleted_by_its_urls(people, messages):
    client = json_client(logged_in(people["moderator"]))
    deletion = client.post(f"/messages/{messages[0].pk}/deletion/").json()["deletion"]
    assert client.post(f"/deletions/{deletion}/").json() == {"deleted": 1, "remaining": 0}
    assert living(people["room"]) == ["Spam", "After"]
    assert client.post(f"/deletions/{deletion}/").status_code == 404
    assert json_client(logged_in(people["member"])).post(f"/messages/{messages[1].pk}/deletion/").status_code == 403
