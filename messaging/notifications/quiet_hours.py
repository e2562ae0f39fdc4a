"""Quiet hours: the times of a week in which a user doesn't want to be disturbed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

Day = Sequence[int] | None
DAYS = 7
MINUTES = 24 * 60


def are_quiet(days: Sequence[Day], local: datetime) -> bool:
    """Return whether a local time is in the quiet hours.

    days: from Monday to Sunday, [begin, end] in minutes of the day, or None. If the end isn't after the beginning, it
        is on the next day.
    """
    return _end_at(days, local) is not None


def next_end(days: Sequence[Day], local: datetime) -> datetime | None:
    """Return the first local time from this one on that isn't in the quiet hours, or None if they never end."""
    at = local
    for _ in range(DAYS + 1):
        end = _end_at(days, at)
        if end is None:
            return at
        at = end
    return None


def next_begin(days: Sequence[Day], local: datetime) -> datetime | None:
    """Return the next local time at which the hours of a day begin, or None if no day has any."""
    if len(days) != DAYS:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(DAYS + 1):
        hours = days[(local.weekday() + ahead) % DAYS]
        if hours and (at := midnight + timedelta(days=ahead, minutes=hours[0])) > local:
            return at
    return None


def _end_at(days: Sequence[Day], local: datetime) -> datetime | None:
    """Return the end of the hours of a day that contain a local time, or None if none do."""
    if len(days) != DAYS:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    minute = local.hour * 60 + local.minute
    today = _end_of(days[local.weekday()], minute)
    yesterday = _end_of(days[local.weekday() - 1], minute + MINUTES)
    ends = [today or 0, yesterday - MINUTES if yesterday else 0]
    return midnight + timedelta(minutes=max(ends)) if any(ends) else None


def _end_of(day: Day, minute: int) -> int | None:
    """Return the end of the hours that begin on a day if they contain a minute, counted from the start of that day."""
    if not day:
        return None
    begin, end = day
    if end <= begin:
        end += MINUTES
    return end if begin <= minute < end else None
