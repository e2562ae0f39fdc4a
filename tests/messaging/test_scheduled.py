"""Scheduled messages: scheduling, changing, and delivery exactly once."""

import uuid
from contextlib import suppress
from datetime import datetime, time, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.lifecycle.deletion import delete_account
from messaging.data_export import scheduled_messages as exported_scheduled
from messaging.errors import AlreadySent, Conflict, NotCurrent
from messaging.models import Message, ScheduledMessage
from messaging.posting.actions import delete_message, post_messages
from messaging.posting.batch import StoredPost
from messaging.runtime.welcome import make_welcomes
from messaging.scheduled import actions, delivery
from messaging.scheduled.actions import change_scheduled, delete_scheduled, make_draft, schedule_message, send_now
from rooms.actions import archive_room, delete_room, leave_room, open_direct_room
from rooms.blocking import block_person
from rooms.errors import Invalid, NotFound, Refusal
from rooms.models import Room
from rooms.moderation import ban_member
from tests.factories import log_in, make_member, make_room, make_user, post
from tests.live_client import LiveClient
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

AS_PROGRAM = {"X-Requested-With": "fetch"}


def schedule(room, user, body="Good morning", *, in_minutes: float = 10, **fields) -> ScheduledMessage:
    fields = {"client_id": uuid.uuid4(), "at": timezone.now() + timedelta(minutes=in_minutes)} | fields
    return schedule_message(user=user, room_id=room.pk, body=body, **fields)


def make_due(**conditions) -> None:
    ScheduledMessage.objects.filter(attempt_at__isnull=False, **conditions).update(
        attempt_at=timezone.now() - timedelta(seconds=1)
    )


def deliver_piece() -> list[object]:
    """Do what the background worker does, without its writer."""
    claimed = delivery.claim()
    results = post_messages([make_draft(each) for each in claimed])
    pairs = zip(claimed, results, strict=True)
    delivery.note_refusals([(each, result) for each, result in pairs if isinstance(result, Refusal)])
    return results


def bodies(room) -> list[str]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


class TestScheduling:
    @pytest.mark.parametrize("who", ["former", "stranger", "root"])
    def test_only_members_schedule_in_a_room(self, people, who):
        with pytest.raises(NotFound):
            schedule(people["room"], people[who])

    @pytest.mark.parametrize("in_minutes", [-1, 0, 367 * 24 * 60])
    def test_past_and_far_future_are_refused(self, people, in_minutes):
        with pytest.raises(Invalid) as refusal:
            schedule(people["room"], people["member"], in_minutes=in_minutes)
        assert refusal.value.field == "at"

    @pytest.mark.parametrize("body", ["", "  \n", "x" * 8_001, "\0"])
    def test_text_that_cannot_be_posted_is_refused(self, people, body):
        with pytest.raises(Refusal) as refusal:
            schedule(people["room"], people["member"], body)
        assert refusal.value.field == "body"

    def test_reply_needs_a_message_of_the_room(self, people):
        elsewhere = post(make_room(owner=people["member"]), people["member"])
        with pytest.raises(NotFound) as refusal:
            schedule(people["room"], people["member"], reply_to_id=elsewhere.pk)
        assert refusal.value.field == "reply_to"

    def test_number_of_pending_messages_is_limited(self, people, monkeypatch):
        monkeypatch.setattr(actions, "MAX_SCHEDULED", 1)
        scheduled = schedule(people["room"], people["member"])
        with pytest.raises(Invalid, match="at most 1 messages"):
            schedule(people["room"], people["member"])
        schedule(people["room"], people["other"])
        delete_scheduled(user=people["member"], client_id=scheduled.client_id)
        schedule(people["room"], people["member"])

    def test_repeated_request_schedules_once(self, people):
        client_id = uuid.uuid4()
        first = schedule(people["room"], people["member"], client_id=client_id)
        assert schedule(people["room"], people["member"], client_id=client_id).pk == first.pk
        with pytest.raises(Conflict):
            schedule(people["room"], people["member"], "Something else", client_id=client_id)
        make_due()
        deliver_piece()
        with pytest.raises(AlreadySent):
            schedule(people["room"], people["member"], client_id=client_id)

    def test_page_has_the_link_from_the_start(self, people):
        room, user = people["room"], people["member"]
        path = room.get_absolute_url()
        assert "data-scheduled hidden>" in log_in(user).get(path).content.decode()
        schedule(room, user)
        assert "data-scheduled>" in log_in(user).get(path).content.decode()

    def test_connection_receives_ones_own_only(self, people):
        scheduled = schedule(people["room"], people["member"])
        own, other = make_welcomes([people["member"], people["other"]])
        assert [each["client_id"] for each in own.event["scheduled"]] == [str(scheduled.client_id)]
        assert other.event["scheduled"] == []


class TestDelivery:
    def test_due_message_is_posted_like_any_other(self, people):
        room, question = people["room"], post(people["room"], people["owner"], "When?")
        scheduled = schedule(room, people["member"], "@owner at *nine*", reply_to_id=question.pk)
        assert deliver_piece() == []
        make_due()
        before = timezone.now()
        deliver_piece()
        message = Message.objects.get(client_id=scheduled.client_id)
        assert (message.body, message.reply_to_id, message.seq) == ("@owner at *nine*", question.pk, 2)
        assert "<em>nine</em>" in message.html
        assert message.mentions == str(people["owner"].pk)
        assert message.created_at >= before
        assert not ScheduledMessage.objects.exists()

    def test_a_claimed_message_is_not_claimed_again_until_its_process_must_have_died(self, people):
        schedule(people["room"], people["member"])
        make_due()
        assert len(delivery.claim()) == 1
        assert delivery.claim() == []
        make_due()  # as if LEASE were over
        deliver_piece()
        assert bodies(people["room"]) == ["Good morning"]

    def test_message_posted_twice_at_once_is_stored_once(self, people):
        draft = make_draft(schedule(people["room"], people["member"]))
        first, second = post_messages([draft, make_draft(ScheduledMessage.objects.get())])
        [third] = post_messages([draft])
        assert isinstance(first, StoredPost)
        assert all(isinstance(each, StoredPost) and each.is_repeat for each in (second, third))
        assert bodies(people["room"]) == ["Good morning"]
        assert not ScheduledMessage.objects.exists()

    def test_changed_message_is_not_posted_as_it_was(self, people):
        scheduled = schedule(people["room"], people["member"])
        make_due()
        [claimed] = delivery.claim()
        at = timezone.now() + timedelta(hours=1)
        change_scheduled(user=people["member"], client_id=scheduled.client_id, body="Good evening", at=at)
        [result] = post_messages([make_draft(claimed)])
        assert isinstance(result, NotCurrent)
        delivery.note_refusals([(claimed, result)])
        scheduled.refresh_from_db()
        assert (scheduled.body, scheduled.attempt_at, scheduled.problem) == ("Good evening", at, "")
        assert bodies(people["room"]) == []

    def test_deleted_message_is_not_posted(self, people):
        scheduled = schedule(people["room"], people["member"])
        draft = make_draft(scheduled)
        delete_scheduled(user=people["member"], client_id=scheduled.client_id)
        [result] = post_messages([draft])
        assert isinstance(result, NotCurrent)

    def test_change_after_posting_was_too_late(self, people):
        scheduled = schedule(people["room"], people["member"])
        make_due()
        deliver_piece()
        at = timezone.now() + timedelta(hours=1)
        with pytest.raises(AlreadySent):
            change_scheduled(user=people["member"], client_id=scheduled.client_id, body="Later", at=at)
        with pytest.raises(AlreadySent):
            delete_scheduled(user=people["member"], client_id=scheduled.client_id)
        with pytest.raises(AlreadySent):
            send_now(user=people["member"], client_id=scheduled.client_id)

    @pytest.mark.parametrize("who", ["owner", "other", "root"])
    def test_others_do_not_find_it(self, people, who):
        client_id = schedule(people["room"], people["member"]).client_id
        at = timezone.now() + timedelta(hours=1)
        with pytest.raises(NotFound):
            change_scheduled(user=people[who], client_id=client_id, body="Mine", at=at)
        with pytest.raises(NotFound):
            delete_scheduled(user=people[who], client_id=client_id)
        with pytest.raises(NotFound):
            send_now(user=people[who], client_id=client_id)

    def test_send_now(self, people):
        send_now(user=people["member"], client_id=schedule(people["room"], people["member"]).client_id)
        assert bodies(people["room"]) == ["Good morning"]
        assert not ScheduledMessage.objects.exists()

    @pytest.mark.parametrize("loss", ["leave", "ban", "archive", "read_only", "reply", "suspend"])
    def test_refused_message_is_kept_with_the_reason(self, people, loss):
        room, member = people["room"], people["member"]
        question = post(room, people["owner"], "When?")
        scheduled = schedule(room, member, reply_to_id=question.pk)
        if loss == "leave":
            leave_room(user=member, room=room)
        elif loss == "ban":
            ban_member(actor=people["owner"], room=room, user=member)
        elif loss == "archive":
            archive_room(actor=people["owner"], room=room)
        elif loss == "read_only":
            Room.objects.filter(pk=room.pk).update(is_read_only=True)
        elif loss == "reply":
            delete_message(actor=people["owner"], message_id=question.pk)
        else:
            type(member).objects.filter(pk=member.pk).update(is_active=False)
        make_due()
        deliver_piece()
        scheduled.refresh_from_db()
        assert scheduled.is_refused
        assert scheduled.problem
        member.refresh_from_db()
        assert scheduled.problem in member.notices
        make_due()
        assert delivery.claim() == []

    def test_blocked_direct_message_is_kept(self, people):
        other = make_user()
        room = open_direct_room(user=people["member"], other=other)
        schedule(room, people["member"])
        block_person(user=other, other=people["member"])
        make_due()
        deliver_piece()
        assert ScheduledMessage.objects.get().problem == "You can’t message this person."

    def test_refused_message_is_posted_once_it_is_changed(self, people):
        question = post(people["room"], people["owner"], "When?")
        scheduled = schedule(people["room"], people["member"], reply_to_id=question.pk)
        delete_message(actor=people["owner"], message_id=question.pk)
        make_due()
        deliver_piece()
        with pytest.raises(NotFound):
            send_now(user=people["member"], client_id=scheduled.client_id)
        at = timezone.now() + timedelta(hours=1)
        change_scheduled(
            user=people["member"], client_id=scheduled.client_id, body="Good evening", at=at, keeps_reply=False
        )
        make_due()
        deliver_piece()
        assert bodies(people["room"])[-1] == "Good evening"

    def test_slow_mode_delays(self, people):
        Room.objects.filter(pk=people["room"].pk).update(slow_seconds=60)
        post(people["room"], people["member"], "First")
        scheduled = schedule(people["room"], people["member"])
        make_due()
        deliver_piece()
        scheduled.refresh_from_db()
        assert not scheduled.is_refused
        assert timedelta(seconds=50) < scheduled.attempt_at - timezone.now() <= timedelta(seconds=60)
        client = log_in(people["member"])
        assert "Delayed until" not in client.get("/scheduled/").content.decode()
        ScheduledMessage.objects.update(post_at=timezone.now() - timedelta(minutes=2))
        assert "Delayed until" in client.get("/scheduled/").content.decode()

    def test_deletion_of_the_room_keeps_the_text(self, people):
        scheduled = schedule(people["room"], people["member"], reply_to_id=post(people["room"], people["owner"]).pk)
        delete_room(actor=people["owner"], room=people["room"])
        scheduled.refresh_from_db()
        assert (scheduled.room, scheduled.is_refused, scheduled.body) == (None, True, "Good morning")
        with pytest.raises(Invalid):
            send_now(user=people["member"], client_id=scheduled.client_id)

    def test_erasure_and_export(self, people):
        schedule(people["room"], people["member"])
        [(name, content)] = exported_scheduled(people["member"])
        assert name == "scheduled_messages.json"
        assert "Good morning" in "".join(part if isinstance(part, str) else part.decode() for part in content)
        delete_account(user=people["member"], with_messages=False)
        assert not ScheduledMessage.objects.exists()

    def test_many_due_messages_are_posted_in_pieces(self, people, monkeypatch):
        monkeypatch.setattr(delivery, "PIECE", 2)
        for number in range(5):
            schedule(people["room"], people["member"], f"Text {number}", in_minutes=10 + number)
        make_due()
        assert [len(deliver_piece()) for _ in range(4)] == [2, 2, 1, 0]
        assert sorted(bodies(people["room"])) == [f"Text {number}" for number in range(5)]

    def test_number_of_queries_does_not_depend_on_the_number_of_messages(self, people, django_assert_max_num_queries):
        for number in range(10):
            schedule(people["room"], people["member"], f"Text {number}")
        make_due()
        with django_assert_max_num_queries(20):
            assert len(deliver_piece()) == 10


class TestPages:
    def test_room_and_quote_are_shown_as_long_as_the_sender_sees_them(self, people):
        question = post(people["room"], people["owner"], "When do we meet?")
        scheduled = schedule(people["room"], people["member"], reply_to_id=question.pk)
        client = log_in(people["member"])
        pages = ["/scheduled/", f"/scheduled/{scheduled.client_id}/"]
        for page in pages:
            content = client.get(page).content.decode()
            assert "Workshop" in content
            assert "When do we meet?" in content
            assert "Good morning" in content
        leave_room(user=people["member"], room=people["room"])
        for page in pages:
            content = client.get(page).content.decode()
            assert "Workshop" not in content
            assert "When do we meet?" not in content
            assert "Good morning" in content

    def test_number_of_queries_does_not_depend_on_the_number_of_messages(self, people, django_assert_max_num_queries):
        for _ in range(10):
            schedule(people["room"], people["member"], reply_to_id=post(people["room"], people["owner"]).pk)
        client = log_in(people["member"])
        client.get("/scheduled/")
        with django_assert_max_num_queries(13):
            assert client.get("/scheduled/").content.count(b"Good morning") == 10

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"when": "tomorrow"}, "body"),
            ({"when": "tomorrow", "body": " "}, "body"),
            ({"when": "never", "body": "Hello"}, "when"),
            ({"when": "at", "at": "2020-01-01T00:00", "body": "Hello"}, "at"),
            ({"when": "at", "at": "2999-01-01T00:00", "body": "Hello"}, "at"),
            ({"when": "tomorrow", "body": "Hello", "reply_to": "x"}, "reply_to"),
            ({"when": "tomorrow", "body": "Hello", "reply_to": "99999"}, "reply_to"),
            ({"when": "tomorrow", "body": "Hello", "client_id": "x"}, "client_id"),
        ],
    )
    def test_wrong_fields_are_refused_by_name(self, people, fields, field):
        path = f"/rooms/{people['room'].pk}/scheduled/"
        answer = log_in(people["member"], **AS_PROGRAM).post(path, fields)
        assert answer.json()["field"] == field
        assert answer.status_code in (400, 404)
        assert log_in(people["member"]).post(path, fields).status_code == 200  # the form, with what was entered
        assert not ScheduledMessage.objects.exists()

    def test_dates_are_in_the_browsers_time_zone(self, people):
        client = log_in(people["member"], **AS_PROGRAM)
        client.cookies["time_zone"] = "America/New_York"
        day = timezone.now().date() + timedelta(days=100)
        fields = {"body": "Hello", "when": "at", "at": f"{day}T09:00"}
        answer = client.post(f"/rooms/{people['room'].pk}/scheduled/", fields)
        scheduled = ScheduledMessage.objects.get()
        assert scheduled.post_at == datetime.combine(day, time(9), ZoneInfo("America/New_York"))
        assert answer.json()["scheduled"]["client_id"] == str(scheduled.client_id)

    def test_change_that_is_too_late_is_refused(self, people):
        scheduled = schedule(people["room"], people["member"])
        send_now(user=people["member"], client_id=scheduled.client_id)
        client, path = log_in(people["member"], **AS_PROGRAM), f"/scheduled/{scheduled.client_id}/"
        for answer in (client.post(path, {"body": "No", "when": "tomorrow"}), client.delete(path)):
            assert (answer.status_code, answer.json()["detail"]) == (409, "It was already sent.")
        answer = log_in(people["member"]).post(f"{path}deletion/", follow=True)
        assert "It was already sent." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_several_processes_post_each_message_once(monkeypatch, everyone):
    """Even if they ignore each other’s claims, as after LEASE."""
    room = make_room("Workshop", owner=make_user("owner"))
    users = [make_member(room) for _ in range(10)]
    for user in users:
        schedule(room, user, f"From {user.pk}")
    make_due()
    claimed = delivery.claim()
    start = Barrier(3)

    def deliver() -> None:
        start.wait()
        try:
            for scheduled in claimed:
                post_messages([make_draft(scheduled)])
        finally:
            connection.close()

    threads = [Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bodies(room)) == sorted(f"From {user.pk}" for user in users)
    assert not ScheduledMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_while_it_is_sent_has_one_outcome(everyone):
    room = make_room("Workshop", owner=make_user("owner"))
    user = make_member(room)
    scheduled = [schedule(room, user, f"Text {number}") for number in range(10)]
    make_due()
    claimed = delivery.claim()
    deleted: set[str] = set()
    start = Barrier(2)

    def delete() -> None:
        start.wait()
        try:
            for each in scheduled:
                with suppress(AlreadySent):
                    delete_scheduled(user=user, client_id=each.client_id)
                    deleted.add(each.body)
        finally:
            connection.close()

    thread = Thread(target=delete)
    thread.start()
    start.wait()
    wait_until(lambda: deleted, "one is deleted")
    for each in reversed(claimed):
        post_messages([make_draft(each)])
    thread.join()
    assert sorted({*bodies(room), *deleted}) == [f"Text {number}" for number in range(10)]
    assert not deleted.intersection(bodies(room))


def test_server_posts_what_is_due_and_tells_the_sender(uvicorn, everyone):
    user, other = make_member(everyone), make_member(everyone)
    with LiveClient(uvicorn, user) as client, LiveClient(uvicorn, other) as reader:
        scheduled = schedule(everyone, user, "Good *morning*")
        make_due()
        assert reader.wait_for("message.posted")["message"]["body"] == "Good *morning*"
        assert client.wait_for("scheduled.removed")["client_id"] == str(scheduled.client_id)
        schedule(everyone, user, "Too late")
        Room.objects.filter(pk=everyone.pk).update(is_read_only=True)
        make_due()
        event = client.wait_for("scheduled.changed")
        assert event["scheduled"]["is_refused"]
        assert event["problem"] == "Only owners and moderators can post in this room."
        assert not [each for each in reader.settle() if each["type"].startswith("scheduled")]
