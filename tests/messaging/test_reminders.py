"""Reminders of saved messages: times, limits, and delivery exactly once to those who still see the message."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from messaging.models import SavedMessage
from messaging.posting.actions import clear_history, delete_message
from messaging.runtime.welcome import make_welcomes
from messaging.saved import reminders
from messaging.saved.actions import remove_saved, restore_saved, save_message
from messaging.saved.reminders import cancel_reminder, deliver_piece, dismiss_reminder, set_reminder
from messaging.saved.times import parse_time, time_of
from rooms.actions import leave_room
from rooms.blocking import block_person
from rooms.errors import Invalid, NotFound
from rooms.moderation import ban_member
from tests.factories import log_in, make_member, make_room, make_user, post
from tests.live_client import LiveClient

pytestmark = pytest.mark.django_db

AS_PROGRAM = {"X-Requested-With": "fetch"}
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


@pytest.fixture
def message(people):
    return post(people["room"], people["member"], "Water the plants")


def remind(user, message, *, in_minutes: float = 10) -> SavedMessage:
    return set_reminder(user=user, message_id=message.pk, at=timezone.now() + timedelta(minutes=in_minutes))


def make_due(**conditions) -> None:
    SavedMessage.objects.filter(remind_at__isnull=False, **conditions).update(
        remind_at=timezone.now() - timedelta(seconds=1)
    )


def notices_of(user) -> list[int]:
    return [each["message"] for each in log_in(user, **AS_PROGRAM).get("/saved/reminders/").json()["reminders"]]


class TestTimes:
    @pytest.mark.parametrize(
        ("choice", "now", "zone", "expected"),
        [
            ("20m", datetime(2026, 11, 30, 8, 50, tzinfo=UTC), BERLIN, datetime(2026, 11, 30, 9, 10, tzinfo=UTC)),
            ("tomorrow", datetime(2026, 11, 30, 22, 30, tzinfo=UTC), BERLIN, datetime(2026, 12, 1, 8, tzinfo=UTC)),
            ("tomorrow", datetime(2026, 11, 30, 23, 30, tzinfo=UTC), BERLIN, datetime(2026, 12, 2, 8, tzinfo=UTC)),
            ("tomorrow", datetime(2026, 12, 1, 3, tzinfo=UTC), NEW_YORK, datetime(2026, 12, 1, 14, tzinfo=UTC)),
            ("monday", datetime(2026, 11, 30, 6, tzinfo=UTC), BERLIN, datetime(2026, 12, 7, 8, tzinfo=UTC)),
            ("monday", datetime(2026, 12, 6, 12, tzinfo=UTC), BERLIN, datetime(2026, 12, 7, 8, tzinfo=UTC)),
            # Summer time begins in Berlin on 28 March 2027 and ends on 31 October.
            ("tomorrow", datetime(2027, 3, 27, 12, tzinfo=UTC), BERLIN, datetime(2027, 3, 28, 7, tzinfo=UTC)),
            ("tomorrow", datetime(2027, 10, 30, 12, tzinfo=UTC), BERLIN, datetime(2027, 10, 31, 8, tzinfo=UTC)),
            ("1h", datetime(2027, 3, 28, 0, 30, tzinfo=UTC), BERLIN, datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
            ("1h", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), BERLIN, datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
        ],
    )
    def test_usual_times_are_those_of_the_users_clock(self, choice, now, zone, expected):
        assert time_of(choice, now, zone) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-12-01T09:00", datetime(2026, 12, 1, 8, tzinfo=UTC)),
            ("2026-12-01 09:00", datetime(2026, 12, 1, 8, tzinfo=UTC)),
            ("2026-12-01T09:00:00Z", datetime(2026, 12, 1, 9, tzinfo=UTC)),
            ("2027-03-28T02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # doesn't exist: 3:30 of summer time
            ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # exists twice: the first
            ("2027-02-30T09:00", None),
            ("0001-01-01T00:00", None),
            ("tomorrow", None),
            ("", None),
        ],
    )
    def test_dates_are_in_the_users_time_zone(self, text, expected):
        assert parse_time(text, BERLIN) == expected


class TestSetting:
    @pytest.mark.parametrize("who", ["former", "stranger", "root"])
    def test_message_that_one_does_not_see_does_not_exist(self, people, message, who):
        with pytest.raises(NotFound):
            remind(people[who], message)
        assert log_in(people[who]).get(f"/messages/{message.pk}/reminder/").status_code == 404

    def test_message_is_saved_and_a_second_reminder_replaces_the_first(self, people, message):
        remind(people["other"], message)
        saved = remind(people["other"], message, in_minutes=20)
        assert SavedMessage.objects.get().remind_at == saved.remind_at

    @pytest.mark.parametrize("in_minutes", [-1, 0, 6 * 365 * 24 * 60])
    def test_past_and_far_future_are_refused(self, people, message, in_minutes):
        with pytest.raises(Invalid) as refusal:
            remind(people["other"], message, in_minutes=in_minutes)
        assert refusal.value.field == "at"

    def test_number_of_reminders_is_limited(self, people, message, monkeypatch):
        monkeypatch.setattr(reminders, "MAX_REMINDERS", 1)
        remind(people["other"], message)
        remind(people["other"], message)  # replaced
        another = post(people["room"], people["member"], "Another")
        with pytest.raises(Invalid, match="at most 1 reminders"):
            remind(people["other"], another)
        cancel_reminder(user=people["other"], message_id=message.pk)
        remind(people["other"], another)

    def test_canceled_reminder_leaves_the_message_saved(self, people, message):
        remind(people["other"], message)
        cancel_reminder(user=people["other"], message_id=message.pk)
        make_due()
        deliver_piece()
        assert SavedMessage.objects.get().due_at is None
        with pytest.raises(NotFound):
            cancel_reminder(user=people["member"], message_id=message.pk)

    def test_undone_removal_restores_the_reminder(self, people, message):
        at = remind(people["other"], message).remind_at
        token = remove_saved(user=people["other"], message_id=message.pk)
        restore_saved(user=people["other"], message_id=message.pk, token=token)
        assert SavedMessage.objects.get().remind_at == at


class TestDelivery:
    def test_due_message_moves_to_the_top_until_done(self, people, message):
        remind(people["other"], message)
        save_message(user=people["other"], message_id=post(people["room"], people["member"], "Later").pk)
        make_due()
        assert deliver_piece() is False
        entries = log_in(people["other"]).get("/saved/").context["entries"]
        assert [saved.message_id == message.pk and saved.due_at is not None for saved, _result in entries] == [
            True,
            False,
        ]
        assert notices_of(people["other"]) == [message.pk]

    def test_nothing_is_delivered_early_or_twice(self, people, message):
        remind(people["other"], message)
        deliver_piece()
        assert notices_of(people["other"]) == []
        make_due()
        deliver_piece()
        first = SavedMessage.objects.get().listed_at
        deliver_piece()
        assert SavedMessage.objects.get().listed_at == first

    def test_dismissed_notice_does_not_come_back_but_the_message_stays_due(self, people, message):
        remind(people["other"], message)
        make_due()
        deliver_piece()
        [welcome] = make_welcomes([people["other"]])
        assert welcome.event["reminders"] == 1
        dismiss_reminder(user=people["member"], message_id=message.pk)  # not theirs
        assert notices_of(people["other"]) == [message.pk]
        dismiss_reminder(user=people["other"], message_id=message.pk)
        assert notices_of(people["other"]) == []
        [welcome] = make_welcomes([people["other"]])
        assert welcome.event["reminders"] == 0
        assert SavedMessage.objects.get().due_at is not None

    @pytest.mark.parametrize("loss", ["leave", "ban", "clear", "block", "delete"])
    def test_who_lost_access_is_not_reminded(self, people, message, loss):
        other = people["other"]
        remind(other, message)
        if loss == "leave":
            leave_room(user=other, room=people["room"])
        elif loss == "ban":
            ban_member(actor=people["owner"], room=people["room"], user=other)
        elif loss == "clear":
            clear_history(user=other, room_id=people["room"].pk)
        elif loss == "block":
            block_person(user=other, other=people["member"])
        else:
            delete_message(actor=people["member"], message_id=message.pk)
        make_due()
        deliver_piece()
        assert not SavedMessage.objects.filter(has_notice=True).exists()
        assert not SavedMessage.objects.filter(remind_at__isnull=False).exists()
        assert notices_of(other) == []

    def test_notice_is_hidden_when_access_is_lost_after_it(self, people, message):
        remind(people["other"], message)
        make_due()
        deliver_piece()
        leave_room(user=people["other"], room=people["room"])
        assert notices_of(people["other"]) == []

    def test_many_reminders_come_in_pieces(self, people, monkeypatch):
        monkeypatch.setattr(reminders, "PIECE", 2)
        for number in range(5):
            remind(people["other"], post(people["room"], people["member"], f"Text {number}"))
        make_due()
        assert [deliver_piece() for _ in range(3)] == [True, True, False]
        assert len(notices_of(people["other"])) == 5


@pytest.mark.django_db(transaction=True)
def test_several_processes_deliver_each_reminder_once(monkeypatch, everyone):
    owner = make_user("owner")
    room = make_room("Workshop", owner=owner)
    users = [make_member(room) for _ in range(10)]
    message = post(room, owner, "Water the plants")
    for user in users:
        remind(user, message)
    make_due()
    delivered: list[int] = []
    monkeypatch.setattr(reminders, "PIECE", 3)
    announce = lambda found: delivered.extend(each.pk for each in found)  # noqa: E731
    monkeypatch.setattr(reminders.events, "announce_due", announce)
    start = Barrier(3)

    def deliver() -> None:
        start.wait()
        try:
            for _ in range(6):
                deliver_piece()
        finally:
            connection.close()

    threads = [Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(delivered) == sorted(SavedMessage.objects.values_list("pk", flat=True))


class TestViews:
    def test_form_works_without_a_script(self, people, message):
        client, path = log_in(people["other"]), f"/messages/{message.pk}/reminder/"
        assert b"In 20 minutes" in client.get(path).content
        answer = client.post(path, {"when": "tomorrow", "next": "/saved/"}, follow=True)
        assert answer.redirect_chain == [("/saved/", 302)]
        assert "You’ll be reminded on" in answer.content.decode()
        assert "Reminder on" in answer.content.decode()
        assert "Cancel reminder" in client.get(path).content.decode()
        client.post(path, {"_method": "DELETE"})
        assert SavedMessage.objects.get().remind_at is None

    def test_date_is_in_the_browsers_time_zone(self, people, message):
        client = log_in(people["other"], **AS_PROGRAM)
        client.cookies["time_zone"] = "America/New_York"
        year = timezone.now().year + 1
        assert (
            client.post(f"/messages/{message.pk}/reminder/", {"when": "at", "at": f"{year}-07-01T09:00"}).status_code
            == 200
        )
        assert SavedMessage.objects.get().remind_at == datetime(year, 7, 1, 13, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"when": "never"}, "when"),
            ({}, "when"),
            ({"when": "at"}, "at"),
            ({"when": "at", "at": "soon"}, "at"),
            ({"when": "at", "at": "2020-01-01T00:00"}, "at"),
            ({"when": "at", "at": "9999-12-31T23:59"}, "at"),
        ],
    )
    def test_wrong_times_are_refused_with_their_field(self, people, message, fields, field):
        answer = log_in(people["other"], **AS_PROGRAM).post(f"/messages/{message.pk}/reminder/", fields)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
        page = log_in(people["other"]).post(f"/messages/{message.pk}/reminder/", fields)
        assert page.status_code == 200
        assert b"is-invalid" in page.content
        assert not SavedMessage.objects.exists()

    def test_redirect_to_another_site_is_ignored(self, people, message):
        path = f"/messages/{message.pk}/reminder/?next=https://example.org/"
        assert b"example.org" not in log_in(people["other"]).get(path).content.replace(
            b"?next=https://example.org/", b""
        )


def test_reminders_delivered_by_another_process_are_repeated(uvicorn, everyone):
    """Without Redis, its events don't arrive here."""
    user, author = make_member(everyone), make_member(everyone)
    message = post(everyone, author, "Water the plants")
    with LiveClient(uvicorn, user) as client, LiveClient(uvicorn, author) as other:
        remind(user, message)
        SavedMessage.objects.update(remind_at=timezone.now() - timedelta(seconds=1))
        deliver_piece()
        assert client.wait_for("reminder.due")["reminder"]["message"] == message.pk
        assert not [event for event in other.settle() if event["type"] == "reminder.due"]
