"""Parses the dates of a search, such as '2026-11-02', '2026-11', 'yesterday' or 'last week'."""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?", re.ASCII)
_NAMED = re.compile(r"(last|this)[ _-]?(week|month|year)")
YEARS = range(1990, 2200)  # other numbers are words


class Period(NamedTuple):
    """The days from `first` to the one before `end`."""

    first: date
    end: date

    def times(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return the time at which the period begins, and the time at which it is over."""
        first, end = (datetime.combine(day, time(), tzinfo=zone) for day in self)
        return first, end


def parse_period(text: str, today: date) -> Period | None:
    """Return the day, week, month or year that a text names, or None."""
    text = text.strip().lower()
    if text == "today":
        return _days(today, 1)
    if text == "yesterday":
        return _days(today - timedelta(days=1), 1)
    if named := _NAMED.fullmatch(text):
        return _named(named[2], today, is_last=named[1] == "last")
    if written := _DATE.fullmatch(text):
        return _written(*(int(part) if part else 0 for part in written.groups()))
    return None


def _days(first: date, count: int) -> Period:
    return Period(first, first + timedelta(days=count))


def _named(unit: str, today: date, *, is_last: bool) -> Period:
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * is_last)
        return _days(monday, 7)
    if unit == "year":
        return _year(today.year - is_last)
    last_day = today.replace(day=1) - timedelta(days=1)
    return _month(last_day.year, last_day.month) if is_last else _month(today.year, today.month)


def _written(year: int, month: int, day: int) -> Period | None:
    if year not in YEARS:
        return None
    try:
        if day:
            return _days(date(year, month, day), 1)
        return _month(year, month) if month else _year(year)
    except ValueError:
        return None


def _month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def _year(year: int) -> Period:
    return Period(date(year, 1, 1), date(year + 1, 1, 1))
