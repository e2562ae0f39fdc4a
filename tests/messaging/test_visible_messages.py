"""The hand-written conditions of the search select the same rooms and messages as those of the ORM."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from messaging.history.journal import VisibleMessages
from messaging.models import Message
from messaging.posting.actions import clear_history, delete_message
from rooms.actions import open_direct_room
from rooms.blocking import block_person
from rooms.conversations import open_conversation
from rooms.models import Ban, Room
from rooms.rows import visible_room_ids
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Ana, who blocks Bo, and others: Cleo owns the rooms, and Dia is a superuser."""
    people = {name: make_user(name) for name in ("ana", "bo", "cleo", "dia", "eve")}
    User.objects.filter(username="dia").update(is_superuser=True)
    ana, bo, cleo, dia, eve = people.values()
    open_room, private, own, moderated = (
        make_room(name, owner=owner, kind=kind)
        for name, owner, kind in (
            ("Open", cleo, "public"),
            ("Private", cleo, "private"),
            ("Own", ana, "private"),
            ("Moderated", ana, "public"),
        )
    )
    banned, formerly_banned = make_room("Banned", owner=cleo), make_room("Formerly banned", owner=cleo)
    for person in (ana, bo):
        make_member(private, person)
    for room in (open_room, own, moderated, banned, formerly_banned):
        make_member(room, bo)
    make_member(banned, cleo)
    for user in (ana, dia):
        Ban.objects.create(room=banned, user=user, by=cleo)
        Ban.objects.create(room=formerly_banned, user=user, by=cleo, until=timezone.now() - timedelta(hours=1))
    rooms = [open_direct_room(user=ana, other=bo), open_direct_room(user=ana, other=cleo)]
    rooms += [open_conversation(user=ana, others=[bo, cleo]), open_direct_room(user=bo, other=eve)]
    for room in (*rooms, open_room, private, own, moderated, banned, formerly_banned):
        for member in User.objects.filter(memberships__room=room):
            post(room, member, "Hello")
            post(room, member, "Goodbye")
    delete_message(actor=cleo, message_id=open_room.messages.filter(sender=cleo).first().pk)
    clear_history(user=ana, room_id=private.pk)
    post(private, bo, "After the history was cleared")
    post(private, cleo, "After the history was cleared")
    block_person(user=ana, other=bo)
    return people


@pytest.mark.parametrize("name", ["ana", "bo", "cleo", "dia", "eve"])
def test_the_same_messages_are_visible(people, name):
    viewer = User.objects.get(username=name)
    everything = list(Message.objects.values_list("pk", flat=True))
    expected = Message.objects.readable_by(viewer).seen_by(viewer).order_by("-pk")
    found = VisibleMessages(viewer).among(everything)
    assert found == list(expected.values_list("pk", flat=True))
    assert 0 < len(found) < len(everything)


@pytest.mark.parametrize("name", ["ana", "bo", "cleo", "dia", "eve"])
def test_the_same_rooms_are_visible(people, name):
    viewer = User.objects.get(username=name)
    expected = set(Room.objects.visible_to(viewer).values_list("pk", flat=True))
    assert set(visible_room_ids(viewer, limit=100)) == expected
    assert len(visible_room_ids(viewer, limit=len(expected) - 1)) == len(expected) - 1
