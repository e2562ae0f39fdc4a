"""The queue has one notification for each room and device: the newest. Each is claimed by one process at a time."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.lifecycle.retention import prune
from messaging.models import PushSubscription, RoomPush
from messaging.moderation.bulk_delete import delete_messages_of
from messaging.posting.actions import clear_history, delete_message
from messaging.push import queue, wakeup
from messaging.push.composer import compose
from messaging.push.queue import LEASE, Push, Settled, claim, enqueue_closings, pause_after, settle
from rooms.actions import delete_room
from rooms.blocking import block_person, mute_person
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import make_member, make_room, make_user, post
from tests.push_device import Device
from tests.push_site import notify, subscribe_device

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_key(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def mira():
    return make_user("mira")


@pytest.fixture
def room(ana, mira):
    room = make_room("Garden", owner=ana)
    make_member(room, mira)
    return room


@pytest.fixture
def phone(mira) -> PushSubscription:
    return subscribe_device(mira, Device("https://fcm.googleapis.com/phone"))


@pytest.fixture
def woken(monkeypatch) -> list[bool]:
    woken: list[bool] = []
    monkeypatch.setattr(wakeup, "wake", lambda: woken.append(True))
    return woken


def stored() -> RoomPush:
    return RoomPush.objects.get()


def send_all() -> None:
    claimed = claim(100)
    settle(claimed, Settled(sent=claimed.ids))


def read(user, room, seq: int) -> None:
    move_markers([ReadMarker(user.pk, room.pk, seq)])


def test_each_device_gets_a_notification(room, ana, mira, phone):
    laptop = subscribe_device(mira, Device("https://fcm.googleapis.com/laptop"))
    subscribe_device(ana, Device("https://fcm.googleapis.com/ana"))
    message = post(room, ana, "Hello")
    notify(message, mira)
    rows = RoomPush.objects.order_by("pk")
    assert [(row.subscription, row.room, row.message) for row in rows] == [
        (phone, room, message),
        (laptop, room, message),
    ]


def test_those_without_a_device_cost_one_query(room, ana, mira, django_assert_num_queries):
    message = post(room, ana, "Hello")
    with django_assert_num_queries(1):
        queue.enqueue_pushes([push_of(mira, message)])
    assert not RoomPush.objects.exists()


def push_of(user, message, trigger: str = "direct") -> Push:
    return Push(user.pk, message.room_id, message.pk, message.seq, trigger)


@pytest.mark.parametrize(
    ("trigger", "urgency"),
    [("direct", "high"), ("mention", "high"), ("group", "high"), ("reply", "high"), ("room", "normal")],
)
def test_what_is_addressed_to_someone_is_urgent(room, ana, mira, phone, trigger, urgency):
    notify(post(room, ana, "Hello"), mira, trigger=trigger)
    assert stored().urgency == urgency


def test_the_newest_message_replaces_the_one_before(room, ana, mira, phone):
    messages = [post(room, ana, f"Hello {number}") for number in range(3)]
    notify(messages[0], mira)
    with transaction.atomic():
        queue.enqueue_pushes([push_of(mira, messages[2]), push_of(mira, messages[1])])
    assert stored().message == messages[2]


def test_workers_are_woken_after_the_commit(room, ana, mira, phone, woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        notify(post(room, ana, "Hello"), mira)
        assert woken == []
    assert wakeup.wake in callbacks


def test_a_claimed_notification_is_not_claimed_again_before_the_lease_ends(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    first = claim(100)
    assert len(first.ids) == 1
    assert claim(100).ids == []
    RoomPush.objects.update(due_at=stored().due_at - LEASE)
    second = claim(100)
    assert second.ids == first.ids
    settle(first, Settled(sent=first.ids))  # of the process that was too slow
    assert stored().claim == second.token
    assert stored().attempts == 2


def test_only_so_many_are_claimed(room, ana, mira):
    for number in range(5):
        subscribe_device(mira, Device(f"https://fcm.googleapis.com/{number}"))
    notify(post(room, ana, "Hello"), mira)
    assert [len(claim(2).ids) for _ in range(4)] == [2, 2, 1, 0]


def test_a_sent_notification_is_not_sent_again(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    send_all()
    assert stored().due_at is None
    assert not queue.is_any_due()


def test_a_message_that_comes_while_another_is_being_sent_is_sent_too(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    claimed = claim(100)
    newer = post(room, ana, "Are you there?")
    notify(newer, mira)
    settle(claimed, Settled(sent=claimed.ids))
    assert stored().message == newer
    assert len(claim(100).ids) == 1


def test_a_delayed_notification_is_due_after_the_pause(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    claimed = claim(100)
    settle(claimed, Settled(delayed=[(claimed.ids[0], timedelta(minutes=7))]))
    assert timedelta(minutes=6) < stored().due_at - timezone.now() <= timedelta(minutes=7)
    assert stored().claim is None


def test_pauses_grow_up_to_an_hour():
    assert [pause_after(attempts).total_seconds() for attempts in (1, 2, 3, 8, 200)] == [30, 60, 120, 3600, 3600]


def test_dropping_a_notification_keeps_the_one_that_is_shown(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    claimed = claim(100)
    settle(claimed, Settled(dropped=claimed.ids))
    assert not RoomPush.objects.exists()
    notify(post(room, ana, "Hello"), mira)
    send_all()
    notify(post(room, ana, "Hello again"), mira)
    claimed = claim(100)
    settle(claimed, Settled(dropped=claimed.ids))
    assert (stored().is_shown, stored().due_at) == (True, None)


# -- closing notifications --------------------------------------------------------------------------


def test_reading_a_room_elsewhere_ends_its_notification(room, ana, mira, phone):
    message = post(room, ana, "Hello")
    notify(message, mira)
    send_all()
    read(mira, room, message.seq)
    assert stored().is_closing
    claimed = claim(100)
    settle(claimed, Settled(closed=claimed.ids))
    assert not RoomPush.objects.exists()


def test_reading_takes_one_query_if_there_is_nothing_to_end(room, ana, mira, phone, django_assert_num_queries):
    with django_assert_num_queries(1):
        enqueue_closings([(mira.pk, room.pk)])
    notify(post(room, ana, "Hello"), mira)  # but not sent yet
    with django_assert_num_queries(1):
        enqueue_closings([(mira.pk, room.pk)])
    assert not stored().is_closing


def test_only_the_notification_of_that_room_and_reader_ends(room, ana, mira, phone):
    other = make_room("Kitchen", owner=ana)
    subscribe_device(ana, Device("https://fcm.googleapis.com/ana"))
    make_member(other, mira)
    messages = [post(each, ana, "Hello") for each in (room, other)]
    for message in messages:
        notify(message, mira, ana)
    send_all()
    enqueue_closings([(mira.pk, room.pk), (ana.pk, other.pk)])
    ended = RoomPush.objects.filter(is_closing=True).values_list("subscription__user", "room")
    assert set(ended) == {(mira.pk, room.pk), (ana.pk, other.pk)}


def test_a_notification_that_is_being_sent_is_ended_afterwards(room, ana, mira, phone):
    message = post(room, ana, "Hello")
    notify(message, mira)
    claimed = claim(100)
    read(mira, room, message.seq)
    assert claim(100).ids == []
    settle(claimed, Settled(sent=claimed.ids))
    assert claim(100).ids == claimed.ids
    assert stored().is_closing


def test_a_new_message_is_shown_although_an_earlier_one_was_to_be_ended(room, ana, mira, phone):
    message = post(room, ana, "Hello")
    notify(message, mira)
    send_all()
    read(mira, room, message.seq)
    notify(post(room, ana, "And?"), mira)
    assert not stored().is_closing


def test_apple_gets_no_closings(room, ana, mira):
    subscribe_device(mira, Device("https://web.push.apple.com/x"))
    message = post(room, ana, "Hello")
    notify(message, mira)
    send_all()
    read(mira, room, message.seq)
    assert not RoomPush.objects.exists()


def test_deleting_a_message_ends_its_notification(room, ana, mira, phone):
    message = post(room, ana, "Hello")
    notify(message, mira)
    send_all()
    delete_message(actor=ana, message_id=message.pk)
    assert stored().is_closing


def test_deleting_messages_in_bulk_ends_their_notifications(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    send_all()
    delete_messages_of(actor=None, room=room, user=ana)
    assert stored().is_closing


def test_deleting_another_message_ends_nothing(room, ana, mira, phone):
    earlier, shown = post(room, ana, "Hello"), post(room, ana, "Hello?")
    notify(shown, mira)
    send_all()
    delete_message(actor=ana, message_id=earlier.pk)
    assert not stored().is_closing


def test_deleting_a_message_that_waits_keeps_the_earlier_one_that_is_shown(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    send_all()
    waiting = post(room, ana, "And?")
    notify(waiting, mira)
    delete_message(actor=ana, message_id=waiting.pk)
    assert not stored().is_closing
    assert compose(claim(100).ids) == []


def test_clearing_the_history_ends_the_notification(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    send_all()
    clear_history(user=mira, room_id=room.pk)
    assert stored().is_closing


@pytest.mark.parametrize("hide", [block_person, mute_person], ids=["block", "mute"])
def test_blocking_or_muting_the_sender_ends_the_notification(room, ana, mira, phone, hide):
    ben = make_member(room, make_user("ben"))
    subscribe_device(ben, Device("https://fcm.googleapis.com/ben"))
    notify(post(room, ana, "Hello"), mira, ben)
    send_all()
    hide(user=mira, other=ana)
    ended = RoomPush.objects.filter(is_closing=True).values_list("subscription__user", flat=True)
    assert list(ended) == [mira.pk]


# -- the end of what it refers to -------------------------------------------------------------------


def test_deleting_a_room_deletes_its_notifications(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    delete_room(actor=ana, room=room)
    assert not RoomPush.objects.exists()


def test_removing_a_device_deletes_its_notifications(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    phone.delete()
    assert not RoomPush.objects.exists()


def test_notifications_that_nobody_read_are_pruned(room, ana, mira, phone):
    notify(post(room, ana, "Hello"), mira)
    send_all()
    assert prune()["push notifications"] == 0
    RoomPush.objects.update(expires_at=timezone.now() - queue.KEPT - timedelta(seconds=1))
    assert prune()["push notifications"] == 1
