"""Activity samples, recorded activity of connections, and charts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import ActivitySample, Connection, ServerProcess, minute_of
from accounts.presence.activity import ActivityDelta, store
from accounts.presence.connections import OpenConnection, insert_connections
from accounts.reporting.charts import PERIODS, load_chart
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_samples"), pytest.mark.slow]

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def process() -> ServerProcess:
    return ServerProcess.objects.create(host="rack4", pid=4711)


def connect(process, user) -> Connection:
    return Connection.objects.create(process=process, user=user)


def test_an_open_connection_is_stored_like_a_new_row(process):
    ana = make_user("ana")
    headers = [(b"host", b"chat.example"), (b"user-agent", b"Mozilla/5.0 \xe9" + b"x" * 400)]
    opened = OpenConnection.from_scope({"client": ("2001:db8::1", 4711), "headers": headers}, ana.pk)
    insert_connections(process.pk, [opened, OpenConnection.from_scope({"client": None, "headers": []}, ana.pk)])
    insert_connections(process.pk, [opened])  # again, as after another process assumed that this one was dead
    other, stored = Connection.objects.order_by("address")
    assert vars(stored) == vars(stored) | {
        "id": opened.pk,
        "process_id": process.pk,
        "user_id": ana.pk,
        "address": "2001:db8::1",
        "port": 4711,
        "user_agent": f"Mozilla/5.0 é{'x' * 287}",
        "kind": "page",
        "room_id": None,
        "messages": 0,
        "is_dismissed": False,
        "opened_at": opened.opened_at,
        "last_active_at": opened.opened_at,
        "idle_since": None,
    }
    assert (other.address, other.port, other.user_agent, other.kind) == ("", None, "", "bot")


def sample(ago: timedelta, **fields) -> None:
    ActivitySample.objects.create(minute=minute_of(timezone.now() - ago), **fields)


def test_only_changed_connections_are_updated(process):
    ana = make_user("ana")
    opened = [OpenConnection(ana.pk) for _ in range(4)]
    insert_connections(process.pk, opened)
    wrote, read, quiet, idle = opened
    before, later = quiet.opened_at, timezone.now() + timedelta(minutes=1)
    wrote.room_id, wrote.messages = 7, 3
    idle.idle_since = before
    delta = ActivityDelta(active={wrote.pk, idle.pk}, changed={idle.pk: idle}, messages=3)
    delta.add(ActivityDelta(active={read.pk}, changed={wrote.pk: wrote}))
    Connection.objects.filter(pk=wrote.pk).update(is_dismissed=True)  # by another process
    store(delta, later)
    wrote, read, quiet, idle = (Connection.objects.get(pk=each.pk) for each in opened)
    assert (wrote.room_id, wrote.messages, wrote.last_active_at, wrote.is_dismissed) == (7, 3, later, True)
    assert (read.room_id, read.messages, read.last_active_at) == (None, 0, later)
    assert (quiet.room_id, quiet.messages, quiet.last_active_at) == (None, 0, before)
    assert (idle.idle_since, idle.last_active_at < later) == (before, True)


def test_processes_share_the_sample_of_a_minute(process, time_machine):
    time_machine.move_to(NOON, tick=False)
    ana = make_user("ana")
    ServerProcess.objects.update(heartbeat_at=Now())  # the database's clock, which isn't moved
    connect(process, ana)
    connect(process, ana)
    store(ActivityDelta(messages=3), timezone.now())
    connect(process, make_user("bo"))
    store(ActivityDelta(messages=4), timezone.now())
    time_machine.shift(60)
    store(ActivityDelta(messages=0), timezone.now())
    shown = [(at.people, at.connections, at.messages) for at in ActivitySample.objects.order_by("minute")]
    assert shown == [(1, 2, 7), (2, 3, 0)]


@pytest.mark.parametrize("name", PERIODS)
def test_chart_sums_samples_into_bars(name, django_assert_num_queries):
    period = PERIODS[name]
    sample(timedelta(0), people=3, connections=5, messages=10)
    sample(timedelta(minutes=period.minutes), people=2, connections=2, messages=1)
    sample(timedelta(minutes=period.minutes * period.count), people=90, connections=90, messages=90)
    with django_assert_num_queries(1):
        chart = load_chart(name)
    assert len(chart.buckets) == period.count
    assert [(bucket.people, bucket.connections, bucket.messages) for bucket in chart.buckets[-2:]] == [
        (2, 2, 1),
        (3, 5, 10),
    ]
    assert (chart.most_people, chart.all_messages) == (3, 11)
    assert [bar.height for bar in chart.people[-2:]] == [67, 100]


def test_days_start_at_midnight_in_the_servers_time_zone(settings, time_machine):
    settings.TIME_ZONE = "Asia/Tokyo"
    with timezone.override("Asia/Tokyo"):
        time_machine.move_to(datetime(2026, 11, 21, 15, 30, tzinfo=UTC), tick=False)  # 0:30 of the 22nd
        sample(timedelta(hours=1), people=1)
        sample(timedelta(0), people=2)
        buckets = load_chart("month").buckets
    assert [bucket.people for bucket in buckets[-2:]] == [1, 2]
    assert (buckets[-1].at.day, buckets[-1].at.hour) == (22, 0)


def test_report_shows_the_chart_and_its_table():
    sample(timedelta(0), people=3, messages=1234)
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    text = client.get("/admin/reports/active-users/", {"period": "week"}).content.decode()
    assert text.count('class="chart__bar"') == 2 * PERIODS["week"].count
    assert "<caption" in text
    assert "1,234" in text
    assert "style=" not in text.split('id="content"')[1].split("</main>")[0]
