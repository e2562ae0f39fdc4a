"""Charts of the site's activity over a day, a week or a month, drawn by a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import F, Max, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ActivitySample, minute_of

HEIGHT = 100
STEP = 10  # from bar to bar


@dataclass(frozen=True, slots=True)
class Period:
    name: str
    minutes: int  # per bar
    count: int
    label: Promise
    each: Promise
    format: str  # for the time of a bar


PERIODS = {
    "day": Period("day", 30, 48, _("last 24 hours"), _("half hour"), "TIME_FORMAT"),
    "week": Period("week", 240, 42, _("last 7 days"), _("four hours"), "D H:i"),
    "month": Period("month", 1440, 30, _("last 30 days"), _("day"), "MONTH_DAY_FORMAT"),
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """The time of a bar, its peak numbers of users and connections, and its total number of messages."""

    at: datetime
    people: int = 0
    connections: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int
    at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    period: Period
    buckets: list[Bucket]

    @property
    def width(self) -> int:
        return STEP * self.period.count

    @property
    def middle(self) -> datetime:
        return self.buckets[len(self.buckets) // 2].at

    @property
    def most_people(self) -> int:
        return max(bucket.people for bucket in self.buckets)

    @property
    def all_messages(self) -> int:
        return sum(bucket.messages for bucket in self.buckets)

    @property
    def most_messages(self) -> int:
        return max(bucket.messages for bucket in self.buckets)

    @property
    def people(self) -> list[Bar]:
        return _bars([(bucket.at, bucket.people) for bucket in self.buckets])

    @property
    def messages(self) -> list[Bar]:
        return _bars([(bucket.at, bucket.messages) for bucket in self.buckets])


def load_chart(name: str) -> Chart:
    """Load a period's chart in one query. Bars start on round hours or days in the current time zone."""
    period = PERIODS.get(name, PERIODS["day"])
    now = timezone.localtime()
    shift = int((now.utcoffset() or now - now).total_seconds()) // 60
    last = (minute_of(now) + shift) // period.minutes
    first = last - period.count + 1
    rows = (
        ActivitySample.objects.filter(minute__gte=first * period.minutes - shift)
        .values(bucket=(F("minute") + shift) / period.minutes)
        .annotate(peak_people=Max("people"), peak_connections=Max("connections"), sent=Sum("messages"))
        .values_list("bucket", "peak_people", "peak_connections", "sent")
    )
    counts = {number: values for number, *values in rows}
    buckets = [
        Bucket(_time(number * period.minutes - shift), *counts.get(number, ())) for number in range(first, last + 1)
    ]
    return Chart(period, buckets)


def _time(minute: int) -> datetime:
    return timezone.localtime(datetime.fromtimestamp(minute * 60, UTC))


def _bars(values: Sequence[tuple[datetime, int]]) -> list[Bar]:
    """Return bars with integer sizes, as the current language's decimal comma would break the SVG."""
    most = max(value for _, value in values) or 1
    heights = [-(-value * HEIGHT // most) for _, value in values]  # rounded up, so that small values stay visible
    return [
        Bar(number * STEP, HEIGHT - height, height, at, value)
        for number, ((at, value), height) in enumerate(zip(values, heights, strict=True))
    ]
