"""The one notification of what was held back, once someone may be disturbed again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Connection, ServerProcess, Status, User
from accounts.profile.status import set_status
from messaging.models import HeldBack, NotificationPreferences, RoomPush
from messaging.notifications import held_back, notify
from messaging.notifications.held_back import deliver_piece
from messaging.notifications.preferences import save_preferences
from messaging.posting.actions import delete_message
from messaging.push.composer import compose
from messaging.push.queue import claim
from rooms.actions import leave_room, open_direct_room
from rooms.blocking import block_person, mute_person, mute_room
from rooms.models import Membership
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import make_member, make_room, post
from tests.push_device import Device
from tests.push_site import subscribe_device

pytestmark = pytest.mark.django_db

ALWAYS = [[0, 0]] * 7


@pytest.fixture(autouse=True)
def events(monkeypatch) -> list[dict]:
    """The events with which pages were notified of what was held back."""
    events: list[dict] = []
    monkeypatch.setattr(
        held_back, "announce_notifications", lambda some: events.extend(event for _user, _sender, event in some)
    )
    return events


@pytest.fixture
def page(ben) -> Connection:
    """A page that Ben isn't using at the moment."""
    process = ServerProcess.objects.create(host="here", pid=1)
    return Connection.objects.create(process=process, user=ben, idle_since=timezone.now())


@pytest.fixture
def busy(ben, page) -> User:
    return set_status(user=ben, status=Status.DND)


def write(room, sender, *bodies: str) -> None:
    for body in bodies:
        post(room, sender, body)
    while notify.notify_piece() | notify.notify_next_people():
        pass


def end(user: User) -> None:
    """End “Do not disturb”, and notify of what was held back."""
    set_status(user=user, status=Status.AUTO)
    while deliver_piece():
        pass


class TestSummary:
    def test_messages_in_several_rooms_are_one_notification(self, room, ana, busy, events):
        write(room, ana, "@ben One", "@ben Two")
        kitchen = make_room("Kitchen", owner=ana)
        make_member(kitchen, busy)
        write(kitchen, ana, "@ben Three")
        assert events == []
        end(busy)
        [event] = events
        assert event["title"] == "3 mentions while you were away"
        assert event["body"] == "#Design: 2\n#Kitchen: 1"
        assert (event["url"], event["tag"], event["channel"]) == ("/inbox/", f"room-{kitchen.pk}", "desktop")
        assert not HeldBack.objects.exists()

    def test_a_single_message_is_shown_itself(self, room, ana, busy, events):
        write(room, ana, "@ben Tea is ready")
        end(busy)
        [event] = events
        assert event["title"] == "Ana Ferreira · #Design"
        assert event["body"] == "@ben Tea is ready"
        assert event["url"] == f"/rooms/{room.pk}/messages/1/"

    @pytest.mark.parametrize(
        ("is_direct", "title"),
        [(True, "2 direct messages while you were away"), (False, "3 messages while you were away")],
        ids=["direct", "mixed"],
    )
    def test_the_title_names_what_there_is(self, room, ana, busy, events, is_direct, title):
        write(open_direct_room(user=ana, other=busy), ana, "Lunch?", "Now?")
        if not is_direct:
            write(room, ana, "@ben Tea is ready")
        end(busy)
        assert [event["title"] for event in events] == [title]

    def test_without_content_it_only_says_how_many(self, room, ana, busy, events):
        NotificationPreferences.objects.create(user=busy, shows_content=False)
        write(room, ana, "@ben One", "@ben Two")
        end(busy)
        assert [(event["title"], event["body"]) for event in events] == [("2 new messages", "")]

    def test_only_so_many_rooms_are_named(self, ana, busy, events):
        for number in range(8):
            room = make_room(f"Room {number}", owner=ana)
            make_member(room, busy)
            write(room, ana, "@ben")
        end(busy)
        assert events[0]["body"].splitlines()[5:] == ["and 3 more rooms"]

    def test_the_language_is_the_persons(self, room, ana, busy, events, settings, monkeypatch):
        settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
        User.objects.update(language="de")
        monkeypatch.setattr(
            held_back, "describe_held_back", lambda *_, **__: (held_back.translation.get_language(), "")
        )
        write(room, ana, "@ben One", "@ben Two")
        end(busy)
        assert events[0]["title"] == "de"


class TestWhetherThereIsOne:
    @pytest.mark.parametrize(
        "meanwhile",
        [
            lambda ben, ana, room: move_markers([ReadMarker(ben.pk, room.pk, 2)]),
            lambda ben, ana, room: [delete_message(actor=ana, message_id=each.pk) for each in room.messages.all()],
            lambda ben, ana, room: block_person(user=ben, other=ana),
            lambda ben, ana, room: mute_person(user=ben, other=ana),
            lambda ben, ana, room: mute_room(user=ben, room=room),
            lambda ben, ana, room: leave_room(user=ben, room=room),
            lambda ben, ana, room: Membership.objects.update(notification_level="nothing"),
            lambda ben, ana, room: User.objects.filter(pk=ben.pk).update(is_active=False),
            lambda ben, ana, room: NotificationPreferences.objects.create(user=ben, desktop=False, sound="none"),
        ],
        ids=["read", "deleted", "blocked", "muted", "room muted", "left", "level", "suspended", "silent"],
    )
    def test_nothing_is_left_to_say(self, room, ana, busy, events, meanwhile):
        write(room, ana, "@ben One", "@ben Two")
        meanwhile(busy, ana, room)
        end(busy)
        assert events == []
        assert not HeldBack.objects.exists()

    def test_it_does_not_come_before_the_end(self, room, ana, busy, events):
        write(room, ana, "@ben One", "@ben Two")
        assert not deliver_piece()
        assert events == []
        assert HeldBack.objects.count() == 1

    def test_what_was_summed_up_before_is_not_again(self, room, ana, busy, events):
        write(room, ana, "@ben One", "@ben Two")
        end(busy)
        set_status(user=busy, status=Status.DND)
        write(room, ana, "@ben Three", "@ben Four", "@ben Five")
        end(busy)
        assert [event["title"] for event in events] == [f"{count} mentions while you were away" for count in (2, 3)]

    def test_what_notified_at_once_is_not_summed_up(self, room, ana, ben, page, events):
        write(room, ana, "@ben One", "@ben Two")
        assert not HeldBack.objects.exists()

    def test_quiet_hours_that_have_been_changed_are_over(self, room, ana, ben, page, events):
        save_preferences(user=ben, quiet_hours=ALWAYS)
        write(room, ana, "@ben One", "@ben Two")
        assert not deliver_piece()
        assert HeldBack.objects.get().due_at > timezone.now() + timedelta(hours=23)
        save_preferences(user=ben, quiet_hours=[])
        deliver_piece()
        assert len(events) == 1

    def test_it_waits_for_the_end_of_quiet_hours(self, room, ana, ben, page, events):
        minute = timezone.now().hour * 60 + timezone.now().minute
        hours = [(minute - 120) % 1440, (minute + 120) % 1440]
        save_preferences(user=ben, quiet_hours=[hours] * 7)
        write(room, ana, "@ben One", "@ben Two")
        due_at = HeldBack.objects.get().due_at
        assert timedelta(minutes=118) < due_at - timezone.now() <= timedelta(minutes=120)
        HeldBack.objects.update(due_at=timezone.now())  # such as by a time zone that has changed
        deliver_piece()
        assert (events, HeldBack.objects.get().due_at) == ([], due_at)

    def test_the_cost_does_not_depend_on_the_messages(self, room, ana, busy, django_assert_max_num_queries):
        write(room, ana, *(f"@ben {number}" for number in range(20)))
        set_status(user=busy, status=Status.AUTO)
        with django_assert_max_num_queries(25):
            deliver_piece()


class TestDevices:
    @pytest.fixture(autouse=True)
    def _device(self, settings, tmp_path, ben) -> None:
        settings.DATA_DIR = tmp_path
        subscribe_device(ben, Device("https://fcm.googleapis.com/phone"))

    def test_a_summary_is_pushed(self, room, ana, busy):
        write(room, ana, "@ben One", "@ben Two")
        assert not RoomPush.objects.exists()
        end(busy)
        [composed] = compose(claim(100).ids)
        assert composed.content.title == "2 mentions while you were away"
        assert composed.content.body == "#Design: 2"
        assert composed.content.url == "https://chat.example.org/inbox/"
        assert composed.envelope.topic == f"room-{room.pk}"

    def test_it_counts_what_is_unread_when_it_is_sent(self, room, ana, busy):
        write(room, ana, "@ben One", "@ben Two", "@ben Three")
        end(busy)
        delete_message(actor=ana, message_id=room.messages.get(seq=3).pk)
        [composed] = compose(claim(100).ids)
        assert composed.content.title == "2 mentions while you were away"

    def test_it_is_not_sent_if_all_was_read(self, room, ana, busy):
        write(room, ana, "@ben One", "@ben Two")
        end(busy)
        move_markers([ReadMarker(busy.pk, room.pk, 2)])
        assert compose(claim(100).ids) == []

    def test_a_new_message_replaces_it(self, room, ana, busy):
        write(room, ana, "@ben One", "@ben Two")
        end(busy)
        write(room, ana, "@ben Three")
        [composed] = compose(claim(100).ids)
        assert composed.content.body == "@ben Three"


@pytest.mark.django_db(transaction=True)
def test_processes_that_look_at_the_same_time_notify_once(room, ana, busy, events):
    write(room, ana, "@ben One", "@ben Two")
    set_status(user=busy, status=Status.AUTO)
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        deliver_piece()
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert len(events) == 1


def test_a_process_that_dies_leaves_it_to_the_next(room, ana, busy, events, monkeypatch):
    write(room, ana, "@ben One", "@ben Two")
    set_status(user=busy, status=Status.AUTO)
    with monkeypatch.context() as patched:
        patched.setattr(held_back, "_event", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver_piece()
    deliver_piece()
    assert len(events) == 1
