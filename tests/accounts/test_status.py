"""Statuses, availability and presence snapshots."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import Connection, ServerProcess, User
from accounts.presence.activity import ActivityDelta
from accounts.presence.availability import PresenceSnapshot, availability, presence_lists, read_snapshot
from accounts.presence.tracker import _write
from accounts.profile import status as statuses
from accounts.signals import profile_changed
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def process() -> ServerProcess:
    return ServerProcess.objects.create(host="rack4", pid=4711)


@pytest.fixture
def ana() -> User:
    return make_user("ana", display_name="Ana Brandt")


@pytest.fixture
def mira() -> User:
    return make_user("mira")


def connect(process: ServerProcess, user: User, *, idle: bool = False) -> Connection:
    return Connection.objects.create(process=process, user=user, idle_since=timezone.now() if idle else None)


def seen_by(viewer: User, person: User) -> str:
    return User.objects.annotate(availability=availability(viewer)).get(pk=person.pk).availability


def states() -> dict[int, str]:
    return read_snapshot(PresenceSnapshot())[0].states


class TestSetStatus:
    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"status": "busy"}, "status"),
            ({"status": "auto", "text": "x" * 81}, "text"),
            ({"status": "auto", "text": "a\u202eb"}, "text"),
        ],
    )
    def test_invalid_status_changes_nothing(self, ana, fields, named):
        with pytest.raises(ValidationError) as refused:
            statuses.set_status(user=ana, **fields)
        assert list(refused.value.message_dict) == [named]
        ana.refresh_from_db()
        assert (ana.status, ana.status_text) == ("auto", "")

    def test_joined_emoji_and_persian_words_are_accepted(self, ana):
        for text in ("👩🏽‍💻 Working", "می\u200cروم"):
            assert statuses.set_status(user=ana, status="auto", text=text).status_text == text

    def test_text_expires(self, ana):
        ana = statuses.set_status(user=ana, status="auto", text="At lunch", until=timezone.now() + timedelta(hours=1))
        assert ana.current_status_text == "At lunch"
        ana.status_until = timezone.now()
        assert ana.current_status_text == ""

    def test_status_without_text_has_no_end(self, ana):
        assert statuses.set_status(user=ana, status="dnd", until=timezone.now()).status_until is None

    def test_status_change_sends_a_signal(self, ana, sent):
        signals = sent(profile_changed)
        statuses.set_status(user=ana, status="auto", text="Here")
        assert [each["user"].status_text for each in signals] == ["Here"]

    def test_today_ends_at_midnight_in_the_persons_time_zone(self, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 21, 20, 30, tzinfo=UTC))
        assert statuses.clearing_time("today", "Asia/Tokyo").astimezone(UTC) == datetime(2026, 11, 22, 15, tzinfo=UTC)
        for unknown in ("", "Mars/Olympus", "../../etc/passwd", "\0"):
            assert statuses.clearing_time("today", unknown).astimezone(UTC) == datetime(2026, 11, 22, tzinfo=UTC)
        assert statuses.clearing_time("4h", "") == timezone.now() + timedelta(hours=4)
        assert statuses.clearing_time("", "") is None


class TestAvailability:
    def test_person_is_away_when_all_pages_are_idle(self, process, ana, mira):
        assert seen_by(mira, ana) == "off"
        connect(process, ana, idle=True)
        assert (seen_by(mira, ana), states()) == ("away", {ana.pk: "away"})
        connect(process, ana)
        assert (seen_by(mira, ana), states()) == ("on", {ana.pk: "on"})

    def test_do_not_disturb_outlasts_idleness(self, process, ana, mira):
        statuses.set_status(user=ana, status="dnd")
        assert (seen_by(mira, ana), states()) == ("off", {})
        connect(process, ana, idle=True)
        assert (seen_by(mira, ana), states()) == ("dnd", {ana.pk: "dnd"})

    def test_invisible_person_is_online_to_themselves_only(self, process, ana, mira):
        connect(process, ana)
        statuses.set_status(user=ana, status="invisible")
        assert (seen_by(mira, ana), seen_by(ana, ana)) == ("off", "on")
        snapshot, _ = read_snapshot(PresenceSnapshot())
        assert (snapshot.states, snapshot.online) == ({}, {ana.pk})

    def test_becoming_invisible_sets_last_seen_and_leaving_does_not(self, process, ana):
        connection = connect(process, ana)
        seen = statuses.set_status(user=ana, status="invisible").last_seen_at
        assert timezone.now() - seen < timedelta(minutes=1)
        _write(process, [], [connection.pk], [], ActivityDelta())
        ana.refresh_from_db()
        assert ana.last_seen_at == seen
        assert not Connection.objects.exists()

    def test_leaving_sets_last_seen(self, process, ana):
        _write(process, [], [connect(process, ana).pk], [], ActivityDelta())
        ana.refresh_from_db()
        assert ana.last_seen_at is not None

    def test_idle_pages_are_stored(self, process, ana):
        left, used = connect(process, ana), connect(process, ana, idle=True)
        left.idle_since, used.idle_since = timezone.now(), None
        _write(process, [], [], [], ActivityDelta(active={left.pk, used.pk}, changed={left.pk: left, used.pk: used}))
        assert Connection.objects.get(pk=left.pk).idle_since is not None
        assert Connection.objects.get(pk=used.pk).idle_since is None


class TestSnapshot:
    def test_snapshot_is_one_query(self, process, django_assert_num_queries):
        people = [make_user() for _ in range(60)]
        Connection.objects.bulk_create(Connection(process=process, user=people[n % 60]) for n in range(300))
        with django_assert_num_queries(1):
            snapshot, changed = read_snapshot(PresenceSnapshot())
        assert (len(snapshot.online), changed) == (60, [])

    def test_changed_profile_is_returned_once(self, process, ana, mira):
        connect(process, mira)
        first, changed = read_snapshot(PresenceSnapshot())
        assert changed == []
        User.objects.filter(pk=ana.pk).update(changed_at=timezone.now())  # offline
        second, changed = read_snapshot(first)
        assert changed == [ana]
        third, changed = read_snapshot(second)
        assert changed == []
        User.objects.filter(pk=ana.pk).update(changed_at=timezone.now())
        assert read_snapshot(third)[1] == [ana]

    def test_changes_are_arrivals_departures_and_availabilities(self):
        before, after = PresenceSnapshot({1: "on", 2: "on", 3: "away"}), PresenceSnapshot({1: "on", 3: "on", 4: "dnd"})
        assert after.changes_since(before) == {2: "off", 3: "on", 4: "dnd"}

    def test_presence_lists_are_compatible_with_old_clients(self):
        lists = presence_lists({5: "away", 1: "on", 2: "off", 3: "dnd"})
        assert lists == {"online": [1, 3, 5], "offline": [2], "away": [5], "dnd": [3]}
        assert presence_lists({1: "on"}) == {"online": [1], "offline": []}


class TestPages:
    def test_form_saves_and_shows_errors(self, ana, client):
        client.force_login(ana)
        assert (
            client.post("/profile/status/", {"status": "dnd", "text": "Writing", "clear_after": "1h"}).status_code
            == 302
        )
        ana.refresh_from_db()
        assert (ana.status, ana.status_text, ana.hides_last_seen) == ("dnd", "Writing", False)
        assert timedelta(minutes=59) < ana.status_until - timezone.now() <= timedelta(hours=1)
        page = client.post("/profile/status/", {"status": "dnd", "text": "a\u202eb"})
        assert page.status_code == 200
        assert "Can’t contain invisible characters." in page.content.decode()

    def test_text_saved_again_keeps_its_end(self, ana, client):
        until = timezone.now() + timedelta(hours=3)
        statuses.set_status(user=ana, status="auto", text="Away", until=until)
        client.force_login(ana)
        assert "Until" in client.get("/profile/").content.decode()
        client.post("/profile/status/", {"status": "auto", "text": "Far away", "clear_after": "keep"})
        ana.refresh_from_db()
        assert (ana.status_text, ana.status_until) == ("Far away", until)

    def test_fetch_request_gets_json_errors(self, ana, client):
        client.force_login(ana)
        headers = {"X-Requested-With": "fetch"}
        assert client.post("/profile/status/", {"status": "auto"}, headers=headers).status_code == 200
        refused = client.post("/profile/status/", {"status": "asleep"}, headers=headers)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith("status: ")

    def test_status_needs_a_login(self, client):
        assert client.post("/profile/status/", {"status": "dnd"}).status_code == 302

    def test_others_see_the_status_and_last_seen(self, process, ana, mira):
        statuses.set_status(user=ana, status="auto", text="🌴 On holiday")
        User.objects.filter(pk=ana.pk).update(last_seen_at=timezone.now() - timedelta(hours=2))
        client = Client()
        client.force_login(mira)
        for page in ("/people/", "/people/ana/"):
            text = client.get(page).content.decode()
            assert "🌴 On holiday" in text
            assert "last seen" in text
        statuses.set_status(user=ana, status="auto", hides_last_seen=True)
        for page in ("/people/", "/people/ana/"):
            assert "last seen" not in client.get(page).content.decode()
        connect(process, ana, idle=True)
        for page in ("/people/", "/people/ana/"):
            assert " · away" in client.get(page).content.decode()
