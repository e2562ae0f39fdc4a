"""Bots in rooms: they see only those to which they were added, and join or create none."""

import pytest

from accounts.bots.actions import delete_bot
from messaging.history.events import serialize_for
from messaging.models.message_row import MessageRow
from rooms.actions import add_member, create_room, join_room, leave_room, open_direct_room
from rooms.conversations import open_conversation
from rooms.errors import Forbidden, NotFound
from rooms.models import Membership, Room
from rooms.permissions import find_room
from rooms.room_events import read_room_events
from rooms.rows import visible_room_ids
from rooms.serializers import serialize_person
from tests.factories import make_bot, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def bot(ana):
    return make_bot("helper", owner=ana)


@pytest.fixture
def room(ana):
    return make_room(owner=ana)


def test_a_bot_sees_only_rooms_to_which_it_was_added(ana, bot, room):
    other = make_room(owner=ana)
    add_member(actor=ana, room=room, user=bot)
    assert list(Room.objects.visible_to(bot)) == [room]
    assert visible_room_ids(bot, limit=10) == [room.pk]
    with pytest.raises(NotFound):
        find_room(bot, other.pk)


def test_a_bot_joins_and_creates_no_rooms(ana, bot, room):
    with pytest.raises(Forbidden):
        join_room(user=bot, room=room)
    with pytest.raises(Forbidden):
        create_room(owner=bot, name="Bots only")
    for others in ([ana], [ana, make_user()]):
        with pytest.raises(Forbidden):
            open_conversation(user=bot, others=others)
    assert not Membership.objects.filter(user=bot).exists()


def test_people_start_conversations_with_bots(ana, bot):
    direct = open_direct_room(user=ana, other=bot)
    assert open_direct_room(user=bot, other=ana) == direct
    group = open_conversation(user=ana, others=[bot, make_user()])
    assert list(Room.objects.visible_to(bot).order_by("pk")) == [direct, group]


def test_a_bot_inherits_no_room(ana, bot, room):
    make_member(room, bot, role="moderator")
    mira = make_member(room)
    leave_room(user=ana, room=room)
    assert room.memberships.get(role="owner").user == mira
    leave_room(user=mira, room=room)
    assert not room.memberships.filter(role="owner").exists()


class TestSerialization:
    def test_only_bots_are_marked(self, ana, bot):
        assert serialize_person(bot)["is_bot"] is True
        assert "is_bot" not in serialize_person(ana)

    def test_messages_quotes_and_room_events_mark_bots(self, ana, bot, room):
        add_member(actor=ana, room=room, user=bot)
        first = post(room, bot, "Done")
        reply = post(room, ana, "Thanks", reply_to_id=first.pk)
        stored = MessageRow.read("message.room_id = %s", [room.pk], order="message.seq")
        done, thanks = serialize_for(ana, *stored)
        assert done["sender"]["is_bot"] is True
        assert "is_bot" not in thanks["sender"]
        assert thanks["reply_to"]["sender"]["is_bot"] is True
        [event] = read_room_events(room.pk, viewer=ana)
        assert event["subject"]["is_bot"] is True and "is_bot" not in event["actor"]
        assert reply.reply_to_id == first.pk

    def test_a_deleted_bot_is_not_marked(self, ana, bot):
        delete_bot(actor=ana, bot=bot)
        bot.refresh_from_db()
        assert "is_bot" not in serialize_person(bot)
