"""Those whom messages concern, and what is stored and published for them. The table of decisions has a test of its own."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from accounts.lifecycle.suspension import suspend
from accounts.models import Connection, Mute, ServerProcess, SiteSettings, use_site
from messaging.models import Message, Notification, NotificationJob, NotificationPreferences, NotifiedRoom
from messaging.notifications import audience, backlog, notify
from messaging.notifications.preferences import save_preferences
from messaging.posting.actions import delete_message, edit_message
from messaging.threads.actions import follow_thread, unfollow_thread
from rooms.actions import leave_room, open_direct_room
from rooms.blocking import block_person
from rooms.models import Membership
from tests.factories import make_bot, make_draft, make_member, make_room, make_user, post, post_drafts

pytestmark = pytest.mark.django_db


def run() -> None:
    """Do everything that the background worker has to do."""
    while notify.notify_piece() | notify.notify_next_people():
        pass


def told(user) -> list[tuple[str, str, str]]:
    """Return the channels, triggers and causes of a user's notifications."""
    rows = Notification.objects.filter(user=user).order_by("message")
    return list(rows.values_list("channel", "trigger", "cause"))


def triggers(user) -> list[str]:
    return [trigger for _channel, trigger, _cause in told(user)]


def choose_level(room, user, level) -> None:
    Membership.objects.filter(room=room, user=user).update(notification_level=level)


def add_keyword(user, text) -> None:
    save_preferences(user=user, keywords=[text])


def connect(user, **fields) -> Connection:
    process = ServerProcess.objects.create(host="here", pid=1)
    return Connection.objects.create(process=process, user=user, **fields)


class TestAudience:
    def test_a_message_that_concerns_nobody_writes_nothing(self, room, ana, ben):
        post(room, ana, "Hello everybody")
        run()
        assert not Notification.objects.exists()
        assert NotifiedRoom.objects.get(room=room).seq == 1

    def test_mentions(self, room, ana, ben):
        post(room, ana, "@ben and @ana, look")
        run()
        assert triggers(ben) == ["mention"]
        assert triggers(ana) == []

    def test_people_outside_of_the_room_are_not_told(self, room, ana):
        stranger = make_user("stranger")
        add_keyword(stranger, "look")
        post(room, ana, "@stranger, look")
        run()
        assert not Notification.objects.exists()

    def test_direct_messages(self, ana, ben):
        direct = open_direct_room(user=ana, other=ben)
        post(direct, ana, "Lunch?")
        run()
        assert triggers(ben) == ["direct"]

    def test_a_reply_concerns_the_author_and_those_who_follow_the_thread(self, room, ana, ben):
        mira = make_member(room, make_user("mira"))
        root = post(room, ana, "Which green?")
        follow_thread(user=mira, room_id=room.pk, thread_id=root.pk)
        post(room, ben, "The dark one", reply_to_id=root.pk)
        run()
        assert triggers(ana) == ["reply"]
        assert triggers(mira) == ["thread"]
        unfollow_thread(user=mira, room_id=room.pk, thread_id=root.pk)
        post(room, ben, "Or the other", reply_to_id=root.pk)
        run()
        assert triggers(ana) == ["reply", "reply"]
        assert triggers(mira) == ["thread"]

    def test_everyone(self, room, ana, ben):
        post(room, ana, "@room Tea is ready")
        run()
        assert triggers(ben) == ["everyone"]

    def test_everyone_is_not_bots(self, room, ana, ben):
        bot = make_member(room, make_bot(owner=ana))
        post(room, ana, f"@room and @{bot.username}")
        run()
        assert triggers(ben) == ["everyone"]
        assert not Notification.objects.filter(user=bot).exists()

    def test_here_concerns_those_who_were_online(self, room, ana, ben):
        mira = make_member(room, make_user("mira"))
        connect(mira)
        post(room, ana, "@here Tea is ready")
        run()
        assert (triggers(mira), triggers(ben)) == (["everyone"], [])

    def test_here_concerns_nobody_if_nobody_was_online(self, room, ana, ben):
        post(room, ana, "@here Tea is ready")
        post(room, ana, "@room Tea was ready")
        connect(ben)
        run()
        assert list(Notification.objects.values_list("message__body", flat=True)) == ["@room Tea was ready"]

    @pytest.mark.parametrize(
        ("keyword", "body", "is_found"),
        [
            ("deploy", "We DEPLOY now", True),
            ("deploy", "We deployed", False),
            ("résumé", "My resume", True),
            ("green house", "A green, house", True),
            ("green house", "A house, green", False),
            ("東京", "東京都", True),
            ("東京", "京都", False),
            ("tokyo 東京", "In Tokyo: 東京都", True),
        ],
    )
    def test_keywords(self, room, ana, ben, keyword, body, is_found):
        add_keyword(ben, keyword)
        add_keyword(ana, keyword)
        post(room, ana, body)
        run()
        assert triggers(ben) == (["keyword"] if is_found else [])
        assert triggers(ana) == []

    def test_every_message_of_a_room_by_choice(self, room, ana, ben):
        choose_level(room, ben, "all")
        post(room, ana, "Hello")
        run()
        assert triggers(ben) == ["room"]

    def test_of_many_messages_in_a_room_only_the_latest_is_noted(self, room, ana, ben):
        choose_level(room, ben, "all")
        posted = post_drafts([make_draft(room, ana, body) for body in ("One", "Two, @ben", "Three", "Four")])
        run()
        found = Notification.objects.filter(user=ben).order_by("message").values_list("message", "trigger")
        assert list(found) == [(posted[1].pk, "mention"), (posted[3].pk, "room")]

    def test_every_message_by_default_in_rooms_that_are_not_large(self, room, ana, ben, monkeypatch):
        NotificationPreferences.objects.create(user=ben, level="all")
        post(room, ana, "Hello")
        run()
        assert triggers(ben) == ["room"]
        for module in ("audience", "recipients"):
            monkeypatch.setattr(f"messaging.notifications.{module}.LARGE_ROOM", 1)
        post(room, ana, "Hello")
        post(room, ana, "@ben")
        run()
        assert triggers(ben) == ["room", "mention"]

    def test_every_message_by_the_default_of_the_site(self, room, ana, ben):
        use_site(SiteSettings(notification_level="all"))
        NotificationPreferences.objects.create(user=make_member(room, make_user("mira")), level="mentions")
        post(room, ana, "Hello")
        run()
        assert list(Notification.objects.values_list("user", "trigger")) == [(ben.pk, "room")]

    @pytest.mark.parametrize("by_level", [True, False])
    def test_a_room_that_is_turned_off(self, room, ana, ben, by_level):
        if by_level:
            choose_level(room, ben, "nothing")
        else:
            Membership.objects.filter(user=ben).update(is_muted=True)
        post(room, ana, "@room Hello")
        post(room, ana, "@ben Hello")
        run()
        cause = "level" if by_level else "muted_room"
        assert told(ben) == [("nothing", "everyone", cause), ("badge", "mention", cause)]

    def test_a_default_of_nothing_leaves_conversations(self, ana, ben):
        NotificationPreferences.objects.create(user=ben, level="nothing")
        direct = open_direct_room(user=ana, other=ben)
        post(direct, ana, "Lunch?")
        run()
        assert told(ben) == [("badge", "direct", "away")]

    def test_the_cost_does_not_depend_on_the_members(self, room, ana, django_assert_max_num_queries):
        for _ in range(50):
            make_member(room)
        post_drafts([make_draft(room, ana, "Hello") for _ in range(20)])
        with django_assert_max_num_queries(16):
            notify.notify_piece()
        assert not Notification.objects.exists()


class TestNobodyIsToldAgainstTheirWill:
    def test_blocked(self, room, ana, ben):
        block_person(user=ben, other=ana)
        post(room, ana, "@ben @room")
        run()
        assert not Notification.objects.exists()

    def test_muted(self, room, ana, ben):
        Mute.objects.create(user=ben, muted=ana)
        post(room, ana, "@ben")
        run()
        assert told(ben) == [("nothing", "mention", "muted_person")]

    def test_left(self, room, ana, ben):
        choose_level(room, ben, "all")
        post(room, ana, "@ben")
        leave_room(user=ben, room=room)
        run()
        assert not Notification.objects.exists()

    def test_suspended(self, room, ana, ben):
        post(room, ana, "@ben")
        suspend(user=ben)
        run()
        assert not Notification.objects.exists()

    def test_read_already(self, room, ana, ben):
        post(room, ana, "@ben")
        Membership.objects.filter(user=ben).update(last_read_seq=1)
        run()
        assert told(ben) == [("nothing", "mention", "read")]

    def test_deleted_already(self, room, ana, ben):
        message = post(room, ana, "@ben")
        delete_message(actor=ana, message_id=message.pk)
        run()
        assert not Notification.objects.exists()

    def test_old(self, room, ana, ben):
        """Such as imported ones."""
        post(room, ana, "@ben", at=timezone.now() - timedelta(days=3))
        run()
        assert not Notification.objects.exists()
        assert NotifiedRoom.objects.get(room=room).seq == 1

    def test_once(self, room, ana, ben):
        message = post(room, ana, "@ben")
        run()
        NotifiedRoom.objects.update(seq=0)
        NotificationJob.objects.create(message=message)
        run()
        assert len(told(ben)) == 1


class TestEdits:
    def test_an_edit_that_adds_a_mention_notifies(self, room, ana, ben):
        mira = make_member(room, make_user("mira"))
        message = post(room, ana, "Look, @ben")
        run()
        edit_message(actor=ana, message_id=message.pk, body="Look, @ben and @mira")
        run()
        assert (triggers(ben), triggers(mira)) == (["mention"], ["mention"])
        assert not NotificationJob.objects.exists()


class TestPieces:
    def test_a_message_for_many_is_done_in_pieces(self, room, ana, monkeypatch):
        monkeypatch.setattr(audience, "PIECE", 10)
        members = [make_member(room) for _ in range(25)]
        post(room, ana, "@room Tea is ready")
        notify.notify_piece()
        assert not Notification.objects.exists()
        counts = []
        while notify.notify_next_people():
            counts.append(Notification.objects.count())
        assert counts == [9, 19, 26]  # the author, among the first ten, isn't notified; Ben is
        assert {triggers(member)[0] for member in members} == {"everyone"}

    def test_many_who_want_every_message(self, room, ana, monkeypatch):
        monkeypatch.setattr(audience, "PIECE", 10)
        for _ in range(25):
            choose_level(room, make_member(room), "all")
        post(room, ana, "Hello")
        post(room, ana, "Hello again")
        run()
        assert Notification.objects.count() == 50

    def test_many_messages_are_done_in_pieces(self, room, ana, ben, monkeypatch):
        monkeypatch.setattr(backlog, "MESSAGES", 3)
        other = make_room("Other", owner=ana)
        make_member(other, ben)
        for target in (room, other, room, other, room, room, other):
            post(target, ana, "@ben")
        run()
        assert len(told(ben)) == 7
        assert dict(NotifiedRoom.objects.values_list("room", "seq")) == {room.pk: 4, other.pk: 3}

    def test_a_room_with_many_messages_does_not_hold_up_others(self, room, ana, ben, monkeypatch):
        monkeypatch.setattr(backlog, "MESSAGES", 6)
        other = make_room("Other", owner=ana)
        post_drafts([make_draft(room, ana) for _ in range(50)])
        post_drafts([make_draft(other, ana) for _ in range(2)])
        notify.notify_piece()
        assert dict(NotifiedRoom.objects.values_list("room", "seq")) == {room.pk: 4, other.pk: 2}

    def test_a_failure_leaves_the_messages_for_the_next_time(self, room, ana, ben, monkeypatch):
        post(room, ana, "@ben")
        with monkeypatch.context() as patched:
            patched.setattr(notify, "_insert", lambda *_: 1 / 0)
            with suppress(ZeroDivisionError):
                notify.notify_piece()
        run()
        assert len(told(ben)) == 1

    @pytest.mark.django_db(transaction=True)
    def test_processes_that_look_at_the_same_time_notify_once(self, room, ana, ben):
        post_drafts([make_draft(room, ana, "@ben") for _ in range(50)])
        barrier = Barrier(4)

        def look():
            barrier.wait()
            try:
                run()
            finally:
                connection.close()

        threads = [Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        run()
        assert Notification.objects.filter(user=ben).count() == 50


class TestEvents:
    @pytest.fixture
    def published(self, monkeypatch):
        found = []
        monkeypatch.setattr(notify, "announce_notifications", found.extend)
        return found

    def test_pages_in_use_are_told(self, room, ana, ben, published):
        connect(ben)
        message = post(room, ana, "**Look**, @ben ||secret||")
        run()
        assert told(ben) == [("desktop", "mention", "active")]
        [(user_id, sender_id, event)] = published
        assert (user_id, sender_id) == (ben.pk, ana.pk)
        assert event == {
            "type": "notification",
            "room": room.pk,
            "message": message.pk,
            "seq": 1,
            "sender": ana.pk,
            "channel": "desktop",
            "trigger": "mention",
            "title": "Ana Ferreira · #Design",
            "body": "Look, @ben ▒▒▒▒",
            "url": f"/rooms/{room.pk}/messages/1/",
            "tag": f"room-{room.pk}",
        }

    def test_of_many_messages_only_the_latest_is_shown(self, room, ana, ben, published):
        connect(ben)
        post_drafts([make_draft(room, ana, f"@ben {number}") for number in range(5)])
        run()
        assert [event["seq"] for _user_id, _sender_id, event in published] == [5]
        assert len(told(ben)) == 5

    def test_without_content(self, ana, ben, published):
        NotificationPreferences.objects.create(user=ben, shows_content=False, desktop=False)
        connect(ben, idle_since=timezone.now())
        post(open_direct_room(user=ana, other=ben), ana, "Secret")
        run()
        assert told(ben) == [("sound", "direct", "away")]
        [(_user_id, _sender_id, event)] = published
        assert (event["title"], event["body"], event["channel"]) == ("New message", "", "sound")

    def test_connections_of_dead_processes_do_not_count(self, room, ana, ben, published):
        held = connect(ben)
        ServerProcess.objects.filter(pk=held.process_id).update(heartbeat_at=timezone.now() - timedelta(hours=1))
        post(room, ana, "@ben")
        run()
        assert told(ben) == [("badge", "mention", "away")]
        assert not published


def test_deleting_a_room_deletes_its_notifications(room, ana, ben):
    message = post(room, ana, "@ben")
    run()
    room.delete()
    assert not Notification.objects.exists()
    assert not Message.objects.filter(pk=message.pk).exists()
