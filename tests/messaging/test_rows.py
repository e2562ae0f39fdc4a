"""Rows read with hand-written SQL: they contain the same as models."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from messaging.history import journal
from messaging.history.events import serialize_for, serialize_message
from messaging.models import Message
from messaging.posting.actions import delete_message, edit_message, pin_message
from rooms.actions import archive_room, open_direct_room
from rooms.models import Membership, Room
from rooms.serializers import serialize_room_for, serialize_rooms_for
from tests.factories import make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

AVATAR = "avatars/0123456789abcdef0123456789abcdef.webp"


@pytest.fixture
def owner():
    return make_user("owner", display_name="The Owner", avatar=AVATAR)


@pytest.fixture
def room(owner):
    return make_room("Workshop", owner=owner)


def test_messages(room, owner):
    other = make_member(room, make_user("other"))
    first = post(room, owner, "**First**")
    post(room, other, "Reply", reply_to_id=first.pk)
    edit_message(actor=owner, message_id=post(room, owner, "Before").pk, body="After")
    pin_message(actor=owner, message_id=post(room, other, "Pinned").pk)
    with_file = post(room, owner, "", attachments=(make_attachment(room, owner).pk,))
    post(room, other, "See above", reply_to_id=with_file.pk)
    delete_message(actor=owner, message_id=post(room, owner, "Deleted").pk)
    rows = journal.latest(room.pk, viewer=None).messages
    models = list(Message.objects.complete().filter(room=room).order_by("seq"))
    assert len(rows) == len(models) == 7
    assert [serialize_message(row) for row in rows] == [serialize_message(message) for message in models]
    assert serialize_for(owner, *rows) == serialize_for(owner, *models)


def test_rooms(room, owner):
    Room.objects.filter(pk=room.pk).update(topic="Wood", slow_seconds=30, is_read_only=True)
    archive_room(actor=owner, room=make_room("Attic", owner=owner, kind="private"))
    open_direct_room(user=owner, other=make_user("other", avatar=AVATAR, status_text="Away"))
    post(room, owner)
    Membership.objects.filter(room=room).update(is_muted=True, last_read_seq=0)
    rooms = serialize_rooms_for(owner)
    assert len(rooms) == 3
    for data in rooms:
        assert data == serialize_room_for(owner, Room.objects.get(pk=data["id"]))


def test_users():
    now = timezone.now()
    user = make_user(last_login=now, status_text="Away", status_until=now + timedelta(hours=1), email="a@example.com")
    names = [field.attname for field in User._meta.concrete_fields]
    read, loaded = User.objects.read_active([user.pk])[user.pk], User.objects.get(pk=user.pk)
    assert [getattr(read, name) for name in names] == [getattr(loaded, name) for name in names]
    some = User.objects.read_active([user.pk], frozenset({"id", "status_until"}))[user.pk]
    assert some.get_deferred_fields() == {*names} - {"id", "status_until"}
    assert some.status_until == loaded.status_until


def test_suspended_users_are_not_read():
    user = make_user(is_active=False)
    assert User.objects.read_active([user.pk]) == {}
