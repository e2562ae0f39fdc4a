"""The weekly summary: for whom, when, and about what."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Email
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Connection, QueuedEmail, ServerProcess, User
from messaging.models import Message, NotificationPreferences
from messaging.notifications.emails import delivery, digest, summary
from messaging.notifications.emails.digest import deliver_piece
from messaging.notifications.emails.summary import read_summary
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.posting.mentions import read_all_mentions
from rooms.actions import open_direct_room
from rooms.blocking import block_person, mute_person, mute_room
from rooms.conversations import open_conversation
from rooms.models import Room
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import make_member, make_room, make_user, post
from tests.zones import zone_where_it_is

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=30)


@pytest.fixture(autouse=True)
def _mail(mail) -> None:
    """All tests send to a real mail server."""


@pytest.fixture
def ben(reachable) -> User:
    """Someone who wants the summary, hasn't been on the site for a month, and lives where it is morning."""
    long_ago = timezone.now() - LONG_AGO
    ben = reachable("ben", date_joined=long_ago, last_seen_at=long_ago, time_zone=zone_where_it_is(10))
    NotificationPreferences.objects.create(user=ben, gets_digest=True)
    return ben


@pytest.fixture
def garden(ben, ana) -> Room:
    room = make_room("garden", owner=ana, kind="private")
    make_member(room, ben)
    return room


def deliver() -> list[Email]:
    while deliver_piece():
        pass
    return [message_from_bytes(bytes(each.content)) for each in QueuedEmail.objects.order_by("pk")]


def morning(user: User, *, days: int) -> datetime:
    """Return the time at which it is nine for a user, in so many days."""
    zone = ZoneInfo(user.time_zone)
    return datetime.combine(timezone.now().astimezone(zone).date() + timedelta(days), time(9), zone)


def parts(email: Email) -> tuple[str, str]:
    """Return the plain text and the HTML."""
    text, html = email.get_payload()
    return text.get_payload(decode=True).decode(), html.get_payload(decode=True).decode()


def be_connected(user: User, **fields: object) -> None:
    Connection.objects.create(process=ServerProcess.objects.create(host="here", pid=1), user=user, **fields)


def be_seen(user: User, **fields: object) -> None:
    User.objects.filter(pk=user.pk).update(**fields)


class TestForWhom:
    def test_someone_away_for_days_gets_one_a_week(self, ben, ana, garden):
        post(garden, ana)
        [email] = deliver()
        assert str(make_header(decode_header(email["Subject"]))) == "What you missed on Chatsite"
        post(garden, ana)
        assert len(deliver()) == 1
        NotificationPreferences.objects.update(
            digest_due_at=timezone.now(), digest_sent_at=timezone.now() - digest.WEEK
        )
        assert len(deliver()) == 2

    @pytest.mark.parametrize(
        "change",
        [
            lambda ben: NotificationPreferences.objects.update(gets_digest=False),
            lambda ben: EmailAddress.objects.update(verified=False),
            lambda ben: be_seen(ben, is_active=False),
            lambda ben: be_seen(ben, last_seen_at=timezone.now() - timedelta(days=4)),
            lambda ben: be_seen(ben, last_login=timezone.now() - timedelta(days=4)),
            lambda ben: be_seen(ben, date_joined=timezone.now() - timedelta(days=4)),
            lambda ben: UserSession.objects.create(user=ben, ip="127.0.0.1", session_key="x"),
            be_connected,
        ],
        ids=["off", "unverified", "suspended", "seen", "logged in", "new", "on pages", "connected"],
    )
    def test_others_get_none(self, ben, ana, garden, change):
        post(garden, ana)
        change(ben)
        assert deliver() == []

    def test_programs_do_not_count_as_their_user(self, ben, ana, garden):
        post(garden, ana)
        be_connected(ben, kind="bot")
        assert len(deliver()) == 1

    def test_site_that_sends_no_email_composes_none(self, ben, ana, garden, settings):
        settings.SITE_URL = ""
        post(garden, ana)
        assert deliver() == []

    def test_nothing_is_sent_if_nothing_happened(self, ben, ana, garden):
        Room.objects.update(created_at=timezone.now() - LONG_AGO)
        assert deliver() == []
        preferences = NotificationPreferences.objects.get()
        assert preferences.digest_sent_at is None
        assert preferences.digest_due_at == morning(ben, days=1)

    @pytest.mark.parametrize(("hour", "days"), [(3, 0), (8, 0), (12, 1), (19, 1)])
    def test_it_waits_for_the_morning(self, ben, ana, garden, hour, days):
        post(garden, ana)
        be_seen(ben, time_zone=zone_where_it_is(hour))
        ben.refresh_from_db()
        assert deliver() == []
        preferences = NotificationPreferences.objects.get()
        assert (preferences.digest_sent_at, preferences.digest_due_at) == (None, morning(ben, days=days))

    def test_the_next_one_comes_in_the_morning_a_week_later(self, ben, ana, garden):
        post(garden, ana)
        assert len(deliver()) == 1
        assert NotificationPreferences.objects.get().digest_due_at == morning(ben, days=7)

    def test_it_comes_at_the_same_local_time_when_clocks_change(self, ben, ana, garden, monkeypatch):
        be_seen(ben, time_zone="Europe/Berlin")
        day_before = datetime(2026, 10, 24, 8, 30, tzinfo=UTC)
        monkeypatch.setattr(digest.timezone, "now", lambda: day_before)
        Room.objects.update(created_at=day_before - LONG_AGO)
        NotificationPreferences.objects.update(digest_due_at=day_before)
        be_seen(ben, last_seen_at=day_before - LONG_AGO, date_joined=day_before - LONG_AGO)
        deliver_piece()
        assert NotificationPreferences.objects.get().digest_due_at == datetime(2026, 10, 25, 8, tzinfo=UTC)

    def test_they_wait_while_many_emails_are_queued(self, ben, ana, garden, monkeypatch):
        monkeypatch.setattr(delivery, "MAX_WAITING", 0)
        post(garden, ana)
        assert deliver() == []

    def test_it_can_be_turned_off_with_one_click(self, ben, ana, garden):
        post(garden, ana)
        [email] = deliver()
        url = email["List-Unsubscribe"].strip("\n <>").removeprefix("https://chat.example.org")
        Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
        preferences = NotificationPreferences.objects.get()
        assert (preferences.gets_digest, preferences.email_delay) == (False, 15)


class TestContent:
    def test_busiest_conversations_come_first(self, ben, ana, garden):
        bo = make_member(garden, make_user("bo"))
        kitchen = make_room("kitchen", owner=ana)
        make_member(kitchen, ben)
        for _ in range(3):
            post(kitchen, ana)
        post(garden, ana)
        post(garden, bo)
        post(open_direct_room(user=ana, other=ben), ana)
        [email] = deliver()
        text, html = parts(email)
        assert text.index("#garden: 2 new messages from 2 people") < text.index(
            "#kitchen: 3 new messages from 1 person"
        )
        assert "\nAna Ferreira: 1 new message\n" in text
        assert f"https://chat.example.org/rooms/{garden.pk}/" in text
        assert f'href="https://chat.example.org/rooms/{garden.pk}/"' in html

    def test_what_one_should_not_see_does_not_count(self, ben, ana, garden):
        eve, bo = make_member(garden, make_user("eve")), make_member(garden, make_user("bo"))
        post(garden, eve)
        post(garden, bo)
        post(garden, ben)
        delete_message(actor=ana, message_id=post(garden, ana).pk)
        post(open_direct_room(user=eve, other=ben), eve)
        group = open_conversation(user=ana, others=[ben, eve, bo])
        post(group, ana)
        make_room("eves room", owner=eve)
        block_person(user=ben, other=eve)
        mute_person(user=ben, other=bo)
        [email] = deliver()
        text, _html = parts(email)
        assert "eves room" not in text
        assert "\neve: " not in text
        assert "#garden" not in text
        assert "Ana Ferreira and bo: 1 new message from 1 person" in text

    def test_read_muted_and_old_conversations_do_not_count(self, ben, ana, garden):
        move_markers([ReadMarker(ben.pk, garden.pk, post(garden, ana).seq)])
        muted, old = make_room(owner=ana), make_room(owner=ana)
        for room in (muted, old):
            make_member(room, ben)
            post(room, ana)
        mute_room(user=ben, room=muted)
        Message.objects.filter(room=old).update(created_at=timezone.now() - timedelta(days=8))
        Room.objects.update(created_at=timezone.now() - LONG_AGO)
        assert deliver() == []

    def test_mentions_that_edits_have_added_count(self, ben, ana, garden):
        """Also in messages from before, and in rooms in which nothing has been posted since."""
        early, late = post(garden, ana), post(garden, ana)
        move_markers([ReadMarker(ben.pk, garden.pk, late.seq)])
        Message.objects.filter(pk=early.pk).update(created_at=timezone.now() - timedelta(days=8))
        Room.objects.update(created_at=timezone.now() - LONG_AGO, last_at=timezone.now() - timedelta(days=8))
        edit_message(actor=ana, message_id=early.pk, body="Tea, @ben?")
        [busy] = read_summary(ben, timezone.now() - digest.WEEK).conversations
        assert (busy.room, busy.count, busy.people) == (garden, 1, 1)
        assert read_summary(ben, timezone.now() + timedelta(days=1)).conversations == []
        post(garden, make_member(garden, make_user("cy")))
        [busy] = read_summary(ben, timezone.now() - digest.WEEK).conversations
        assert (busy.count, busy.people) == (2, 2)
        read_all_mentions(user=ben, up_to={garden.pk: late.seq})
        [busy] = read_summary(ben, timezone.now() - digest.WEEK).conversations
        assert (busy.count, busy.people) == (1, 1)

    @pytest.mark.parametrize("hide", ["mute room", "mute person", "block", "delete", "clear"])
    def test_added_mentions_that_are_hidden_do_not_count(self, ben, ana, garden, hide):
        message = post(garden, ana)
        move_markers([ReadMarker(ben.pk, garden.pk, message.seq)])
        edit_message(actor=ana, message_id=message.pk, body="Tea, @ben?")
        changes = {
            "mute room": lambda: mute_room(user=ben, room=garden),
            "mute person": lambda: mute_person(user=ben, other=ana),
            "block": lambda: block_person(user=ben, other=ana),
            "delete": lambda: delete_message(actor=ana, message_id=message.pk),
            "clear": lambda: clear_history(user=ben, room_id=garden.pk),
        }
        changes[hide]()
        found = read_summary(User.objects.get(pk=ben.pk), timezone.now() - digest.WEEK)
        assert not found.conversations

    def test_new_public_rooms_are_named(self, ben, ana, garden):
        make_room("Library", owner=ana, topic="Books & <more>")
        make_room("Secret", owner=ana, kind="private")
        [email] = deliver()
        text, html = parts(email)
        assert "#Library: Books & <more>" in text
        assert "Books &amp; &lt;more&gt;" in html
        assert "Secret" not in text

    def test_without_content_it_only_says_that_there_is_something(self, ben, ana, garden):
        NotificationPreferences.objects.update(shows_content=False)
        post(garden, ana)
        make_room("Library", owner=ana)
        [email] = deliver()
        for part in parts(email):
            assert not {"Ana", "garden", "Library"} & set(part.replace("#", " ").split())
            assert f"/rooms/{garden.pk}" not in part
            assert "https://chat.example.org/inbox/" in part

    def test_language_is_the_persons(self, ben, ana, garden, settings, monkeypatch):
        settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
        be_seen(ben, language="de")
        post(open_conversation(user=ana, others=[ben, make_user("bo")]), ana)
        seen = []
        monkeypatch.setattr(summary, "title_of", lambda others: seen.append(translation.get_language()) or "title")
        [email] = deliver()
        assert seen == ["de"]
        assert 'lang="de"' in parts(email)[1]

    def test_work_is_bounded_and_the_number_of_queries_constant(
        self, ben, ana, garden, monkeypatch, django_assert_max_num_queries
    ):
        monkeypatch.setattr(summary, "MAX_COUNTED", 3)
        monkeypatch.setattr(summary, "MAX_CONVERSATIONS", 4)
        for _ in range(6):
            room = make_room(owner=ana)
            make_member(room, ben)
            for _ in range(5):
                post(room, ana)
        with django_assert_max_num_queries(6):
            found = read_summary(ben, timezone.now() - digest.WEEK)
        assert [each.count for each in found.conversations] == [3] * 4
        assert "more than 1,000 new messages" in parts(deliver()[0])[0]


@pytest.mark.django_db(transaction=True)
class TestProcesses:
    def test_several_send_one(self, ben, ana, garden, mail):
        post(garden, ana)
        barrier = threading.Barrier(4)

        def work() -> None:
            barrier.wait()
            deliver_piece()
            connection.close()

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work) for _ in range(4)]:
                done.result()
        assert [received.recipients for received in mail.received] == [("ben@example.org",)]
