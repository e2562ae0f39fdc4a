"""Activity samples, recorded activity of connections, and charts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import ActivitySample, Connection, ServerProcess, minute_of
from accounts.presence.activity import ActivityDelta, store
from accounts.reporting.charts import PERIODS, load_chart
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_samples")]

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def process() -> ServerProcess:
    return ServerProcess.objects.create(host="rack4", pid=4711)


def connect(process, user) -> Connection:
    return Connection.objects.create(process=process, user=user)


def sample(ago: timedelta, **fields) -> None:
    ActivitySample.objects.create(minute=minute_of(timezone.now() - ago), **fields)


def test_only_changed_connections_are_updated(process):
    ana = make_user("ana")
    wrote, read, quiet, idle = (connect(process, ana) for _ in range(4))
    before, later = quiet.last_active_at, timezone.now() + timedelta(minutes=1)
    wrote.room_id, wrote.messages, wrote.is_dismissed = 7, 3, True
    idle.idle_since = before
    delta = ActivityDelta(active={wrote.pk, idle.pk}, changed={idle.pk: idle}, messages=3)
    delta.add(ActivityDelta(active={read.pk}, changed={wrote.pk: wrote}))
    store(delta, later)
    for connection in (wrote, read, quiet, idle):
        connection.refresh_from_db()
    assert (wrote.room_id, wrote.messages, wrote.last_active_at, wrote.is_dismissed) == (7, 3, later, False)
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
    assert "style=" not in text.split('id="content-main"')[1].split("</main>")[0]
