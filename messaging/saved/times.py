"""Times at which people can be reminded, in their time zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils.dateparse import parse_datetime

MORNING = time(9)
FURTHEST = timedelta(days=5 * 365)

# The choices by their names in forms. Given the current time in the user's time zone, each returns when it is.
CHOICES: dict[str, Callable[[datetime], datetime]] = {
    "20m": lambda now: _later(now, timedelta(minutes=20)),
    "1h": lambda now: _later(now, timedelta(hours=1)),
    "tomorrow": lambda now: _morning(now.date() + timedelta(days=1), now.tzinfo),
    "monday": lambda now: _morning(now.date() + timedelta(days=7 - now.weekday()), now.tzinfo),
}


def time_of(choice: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the time in UTC of one of the CHOICES."""
    return CHOICES[choice](now.astimezone(zone)).astimezone(UTC)


def parse_time(text: str, zone: tzinfo) -> datetime | None:
    """Parse a local date and time, or one with its own time zone. Return the time in UTC, or None if it isn't valid.

    A time that doesn't exist, because clocks are set forward, is an hour later. Of a time that exists twice, it is the
    first.
    """
    try:
        at = parse_datetime(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC) if at is not None else None
    except (ValueError, OverflowError):
        return None


def _later(now: datetime, duration: timedelta) -> datetime:
    return now.astimezone(UTC) + duration  # a day may have 23 or 25 hours


def _morning(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, MORNING, zone)
