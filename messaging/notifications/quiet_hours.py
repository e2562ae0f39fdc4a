"""Quiet hours: the times of a week in which a user doesn't want to be disturbed."""

from collections.abc import Sequence
from datetime import datetime

Day = Sequence[int] | None
DAYS = 7
MINUTES = 24 * 60


def are_quiet(days: Sequence[Day], local: datetime) -> bool:
    """Return whether a local time is in the quiet hours.

    days: from Monday to Sunday, [begin, end] in minutes of the day, or None. If the end isn't after the beginning, it
        is on the next day.
    """
    if len(days) != DAYS:
        return False
    minute = local.hour * 60 + local.minute
    today, yesterday = days[local.weekday()], days[local.weekday() - 1]
    return _contains(today, minute) or _contains(yesterday, minute + MINUTES)


def _contains(day: Day, minute: int) -> bool:
    """Return whether the hours that begin on a day contain a minute, counted from the start of that day."""
    if not day:
        return False
    begin, end = day
    return begin <= minute < (end if end > begin else end + MINUTES)
