"""How long a ban or a suspension lasts, by the names that forms and the protocol use."""

from datetime import datetime, timedelta

from django.utils import timezone

LENGTHS: dict[str, tuple[str, timedelta | None]] = {
    "hour": ("1 hour", timedelta(hours=1)),
    "day": ("1 day", timedelta(days=1)),
    "week": ("1 week", timedelta(weeks=1)),
    "month": ("1 month", timedelta(days=30)),
    "good": ("permanently", None),
}


def choices(*names: str) -> list[tuple[str, str]]:
    """For a form's field; all of them where none is named."""
    return [(name, label) for name, (label, _) in LENGTHS.items() if not names or name in names]


def end_of(name: str) -> datetime | None:
    """When what begins now and lasts so long is over; None where it lasts for good. Raises KeyError."""
    length = LENGTHS[name][1]
    return None if length is None else timezone.now() + length
