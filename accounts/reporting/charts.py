"""How busy the site was over a day, a week or a month, as bars that a template draws."""

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
class Span:
    name: str
    minutes: int  # of one bar
    count: int
    label: Promise
    each: Promise
    format: str  # of a bar's time


SPANS = {
    "day": Span("day", 30, 48, _("last 24 hours"), _("half hour"), "TIME_FORMAT"),
    "week": Span("week", 240, 42, _("last 7 days"), _("four hours"), "D H:i"),
    "month": Span("month", 1440, 30, _("last 30 days"), _("day"), "MONTH_DAY_FORMAT"),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """A bar's time, the most that were here at once in it, and all that was written."""

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
    span: Span
    slots: list[Slot]

    @property
    def width(self) -> int:
        return STEP * self.span.count

    @property
    def middle(self) -> datetime:
        return self.slots[len(self.slots) // 2].at

    @property
    def most_people(self) -> int:
        return max(slot.people for slot in self.slots)

    @property
    def all_messages(self) -> int:
        return sum(slot.messages for slot in self.slots)

    @property
    def most_messages(self) -> int:
        return max(slot.messages for slot in self.slots)

    @property
    def people(self) -> list[Bar]:
        return _bars([(slot.at, slot.people) for slot in self.slots])

    @property
    def messages(self) -> list[Bar]:
        return _bars([(slot.at, slot.messages) for slot in self.slots])


def draw(name: str) -> Chart:
    """One query. The bars begin at whole hours or days of the server's time zone, as it is now."""
    span = SPANS.get(name, SPANS["day"])
    now = timezone.localtime()
    shift = int((now.utcoffset() or now - now).total_seconds()) // 60
    last = (minute_of(now) + shift) // span.minutes
    first = last - span.count + 1
    found = (
        ActivitySample.objects.filter(minute__gte=first * span.minutes - shift)
        .values(slot=(F("minute") + shift) / span.minutes)
        .annotate(most=Max("people"), lines=Max("connections"), said=Sum("messages"))
    )
    known = {row["slot"]: (row["most"], row["lines"], row["said"]) for row in found}
    slots = [Slot(_time(number * span.minutes - shift), *known.get(number, ())) for number in range(first, last + 1)]
    return Chart(span, slots)


def _time(minute: int) -> datetime:
    return timezone.localtime(datetime.fromtimestamp(minute * 60, UTC))


def _bars(values: Sequence[tuple[datetime, int]]) -> list[Bar]:
    """Whole numbers: a language that writes decimals with a comma would break the drawing."""
    most = max(value for _, value in values) or 1
    heights = [-(-value * HEIGHT // most) for _, value in values]  # rounded up: what is there is seen
    return [
        Bar(number * STEP, HEIGHT - height, height, at, value)
        for number, ((at, value), height) in enumerate(zip(values, heights, strict=True))
    ]
