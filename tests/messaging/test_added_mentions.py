"""Mentions that edits add to messages which those mentioned have read: they are unread until they have been seen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.groups import add_to_group, create_group
from accounts.lifecycle.deletion import delete_account
from accounts.models import Connection, ServerProcess
from live.topics import user_topic
from messaging.history import events
from messaging.history.inbox import read_inbox
from messaging.history.mentions import mentions_of
from messaging.models import AddedMention, Message, Notification, NotificationJob, RoomPush
from messaging.notifications import notify
from messaging.notifications.emails.due import assess as assess_emails
from messaging.notifications.emails.due import find_conversations, load_facts
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.posting.mentions import read_all_mentions, read_mentions
from messaging.push.composer import compose
from rooms.actions import delete_room, leave_room
from rooms.blocking import block_person, mute_person
from rooms.models import Membership
from rooms.read_markers import ReadMarker, UnreadMarker, move_markers
from rooms.serializers import serialize_rooms_for
from tests.factories import make_member, make_room, make_user, post
from tests.push_device import Device
from tests.push_site import subscribe_device

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def ben():
    return make_user("ben")


@pytest.fixture
def room(ana, ben):
    room = make_room("Workshop", owner=ana, kind="private")
    make_member(room, ben)
    return room


@pytest.fixture
def message(room, ana, ben) -> Message:
    """A message that Ben has read."""
    message = post(room, ana, "Tea?")
    read(ben, message)
    return message


def read(user, message) -> None:
    move_markers([ReadMarker(user.pk, message.room_id, message.seq)])


def edit(message, body: str) -> None:
    edit_message(actor=message.sender, message_id=message.pk, body=body)


def unread(user) -> list[int]:
    """Return the numbers of the messages that mention the user in their only room, as their pages get them."""
    [room] = serialize_rooms_for(type(user).objects.get(pk=user.pk))
    assert room["unread_mentions"] == len(room["mention_seqs"])
    return room["mention_seqs"]


def run() -> None:
    while notify.notify_piece() | notify.notify_next_people():
        pass


def told(user) -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(user=user).order_by("message")
    return list(rows.values_list("channel", "trigger", "cause"))


class TestCounting:
    def test_those_who_have_read_the_message_get_the_mention(self, message, room, ben):
        edit(message, "Tea, @ben?")
        assert unread(ben) == [1]
        assert [each.pk for each in mentions_of(ben).messages] == [message.pk]
        [conversation] = read_inbox(type(ben).objects.get(pk=ben.pk)).conversations
        assert conversation.mentions == {1}

    def test_others_get_nothing(self, message, room, ana):
        cy = make_member(room, make_user("cy"))
        edit(message, "Tea, @ben and @ana?")
        assert unread(cy) == unread(ana) == []

    def test_an_edit_that_removes_the_mention_takes_it_away(self, message, ben):
        edit(message, "Tea, @ben?")
        edit(message, "Tea?")
        assert unread(ben) == []
        assert not AddedMention.objects.exists()

    def test_the_same_edit_does_not_count_twice(self, message, ben):
        edit(message, "Tea, @ben?")
        edit(message, "Tea, @ben?")
        assert unread(ben) == [1]
        read_mentions(user=ben, room_id=message.room_id, seqs=[1])
        edit(message, "Tea, @ben?")
        edit(message, "More tea, @ben?")
        assert unread(ben) == []

    def test_a_mention_in_the_message_from_the_beginning_does_not_count_again(self, room, ana, ben):
        message = post(room, ana, "@ben, tea?")
        read(ben, message)
        edit(message, "@ben, more tea?")
        assert unread(ben) == []

    def test_reading_further_does_not_read_it(self, message, room, ana, ben):
        edit(message, "Tea, @ben?")
        read(ben, post(room, ana, "Later"))
        assert unread(ben) == [1]
        move_markers([UnreadMarker(ben.pk, room.pk, 1)])
        assert unread(ben) == [1]

    def test_groups(self, message, room, ben):
        admin = make_user("root", is_staff=True, is_superuser=True)
        add_to_group(actor=admin, group=create_group(actor=admin, name="ops", title="Ops"), people=[ben])
        edit(message, "Tea, @ops?")
        assert unread(ben) == [1]

    def test_everyone(self, message, room, ana, ben):
        cy, dee = make_member(room, make_user("cy")), make_member(room, make_user("dee"))
        Membership.objects.filter(user__in=[cy, dee], room=room).update(last_read_seq=1)
        Membership.objects.filter(user=cy, room=room).update(joined_at=timezone.now() - timedelta(days=1))
        Membership.objects.filter(user=ben, room=room).update(is_muted=True)
        edit(message, "Tea, @room?")
        assert (unread(ana), unread(ben), unread(cy), unread(dee)) == ([], [], [1], [])  # Dee joined later
        edit(message, "Tea, everyone?")
        assert unread(cy) == []

    def test_those_who_were_online(self, message, room, ana, ben):
        cy = make_member(room, make_user("cy"))
        Membership.objects.filter(room=room).update(last_read_seq=1, joined_at=timezone.now() - timedelta(days=1))
        Connection.objects.create(process=ServerProcess.objects.create(host="here", pid=1), user=cy)
        edit(message, "Tea, @here?")
        assert (unread(ben), unread(cy)) == ([], [1])

    def test_nobody_who_was_online(self, message, room, ben):
        Membership.objects.filter(room=room).update(last_read_seq=1, joined_at=timezone.now() - timedelta(days=1))
        edit(message, "Tea, @here?")
        assert unread(ben) == []

    @pytest.mark.parametrize("hide", [block_person, mute_person], ids=["blocked", "muted"])
    def test_authors_who_are_blocked_or_muted_never_count(self, message, ana, ben, hide):
        hide(user=ben, other=ana)
        edit(message, "Tea, @ben?")
        assert unread(ben) == []
        assert not AddedMention.objects.exists()

    def test_blocking_the_author_hides_it(self, message, ana, ben):
        edit(message, "Tea, @ben?")
        block_person(user=ben, other=ana)
        assert unread(ben) == []

    def test_cleared_messages_do_not_count(self, message, room, ben):
        clear_history(user=ben, room_id=room.pk)
        edit(message, "Tea, @ben?")
        assert unread(ben) == []

    def test_those_who_have_left_get_nothing(self, message, room, ben):
        edit(message, "Tea, @ben?")
        leave_room(user=ben, room=room)
        assert serialize_rooms_for(type(ben).objects.get(pk=ben.pk)) == []

    def test_deleting_the_message_the_account_or_the_room_deletes_the_rows(self, message, room, ana, ben):
        edit(message, "Tea, @ben?")
        delete_message(actor=ana, message_id=message.pk)
        assert not AddedMention.objects.exists()
        other = post(room, ana, "Coffee?")
        read(ben, other)
        edit(other, "Coffee, @ben?")
        assert AddedMention.objects.count() == 1
        delete_room(actor=ana, room=room)
        assert not AddedMention.objects.exists()

    def test_deleting_the_account_deletes_the_rows(self, message, ben):
        edit(message, "Tea, @ben?")
        delete_account(user=ben, with_messages=False)
        assert not AddedMention.objects.exists()


class TestReading:
    @pytest.fixture
    def published(self, monkeypatch):
        published = []
        monkeypatch.setattr(events, "publish", lambda topic, event, **_: published.append((topic, event)))
        return published

    def test_only_the_messages_that_were_seen(self, message, room, ana, ben, published):
        other = post(room, ana, "Coffee?")
        read(ben, other)
        edit(message, "Tea, @ben?")
        edit(other, "Coffee, @ben?")
        published.clear()
        read_mentions(user=ben, room_id=room.pk, seqs=[2, 7])
        assert unread(ben) == [1]
        assert published == [(user_topic(ben.pk), {"type": "mentions.read", "room": room.pk, "seqs": [2]})]
        read_mentions(user=ben, room_id=room.pk, seqs=[2])
        assert len(published) == 1

    def test_all_in_a_room_up_to_a_message(self, message, room, ben):
        edit(message, "Tea, @ben?")
        read_all_mentions(user=ben, up_to={room.pk: 0})
        assert unread(ben) == [1]
        read_all_mentions(user=ben, up_to={room.pk: 1, 999_999: 5})
        assert unread(ben) == []
        read_all_mentions(user=ben, up_to={})

    def test_nobody_reads_those_of_others(self, message, room, ana, ben):
        edit(message, "Tea, @ben?")
        read_mentions(user=ana, room_id=room.pk, seqs=[1])
        assert unread(ben) == [1]


class TestNotifications:
    def test_they_are_notified_once(self, message, ben):
        run()
        assert told(ben) == []
        edit(message, "Tea, @ben?")
        run()
        assert told(ben) == [("badge", "mention", "away")]
        edit(message, "More tea, @ben?")
        assert not NotificationJob.objects.exists()
        edit(message, "More tea?")
        edit(message, "Tea, @ben?")
        run()
        assert told(ben) == [("badge", "mention", "away")]

    def test_also_if_they_were_notified_of_the_message_for_another_reason(self, room, ana, ben):
        Membership.objects.filter(user=ben).update(notification_level="all")
        message = post(room, ana, "Tea?")
        run()
        assert [trigger for _channel, trigger, _cause in told(ben)] == ["room"]
        read(ben, message)
        edit(message, "Tea, @ben?")
        run()
        assert told(ben) == [("badge", "mention", "away")]

    def test_of_an_old_message(self, message, ben):
        Message.objects.update(created_at=timezone.now() - timedelta(days=40))
        run()
        edit(message, "Tea, @ben?")
        run()
        assert [trigger for _channel, trigger, _cause in told(ben)] == ["mention"]

    def test_not_if_they_have_seen_it_before(self, message, room, ben):
        edit(message, "Tea, @ben?")
        read_mentions(user=ben, room_id=room.pk, seqs=[1])
        run()
        assert [cause for _channel, _trigger, cause in told(ben)] == ["read"]

    def test_others_are_not_notified_of_the_edit(self, message, room, ana):
        cy = make_member(room, make_user("cy"))
        Membership.objects.filter(user=cy).update(last_read_seq=1, notification_level="all")
        run()
        edit(message, "Tea, @ben?")
        run()
        assert [channel for channel, _trigger, _cause in told(cy)] == ["nothing"]

    def test_push_is_sent_until_it_is_seen(self, message, room, ben, settings, tmp_path):
        settings.DATA_DIR = tmp_path
        subscribe_device(ben, Device("https://fcm.googleapis.com/phone"))
        edit(message, "Tea, @ben?")
        run()
        ids = list(RoomPush.objects.values_list("pk", flat=True))
        assert len(compose(ids)) == 1
        read_mentions(user=ben, room_id=room.pk, seqs=[1])
        assert compose(ids) == []

    def test_an_email_is_due_until_it_is_seen(self, message, room, ben):
        edit(message, "Tea, @ben?")
        run()
        now = timezone.now()
        Notification.objects.filter(user=ben).update(email_due_at=now)

        def pending() -> list[int]:
            conversations = find_conversations(now)
            assess_emails(conversations, load_facts([each.key for each in conversations], now), now)
            return [each.seq for conversation in conversations for each in conversation.unread]

        assert pending() == [1]
        read_mentions(user=ben, room_id=room.pk, seqs=[1])
        assert pending() == []
