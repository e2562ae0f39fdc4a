"""The durations that users can choose for bans, suspensions, statuses and invites."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

# The keys are the values posted by forms. None means that there is no end.
DURATIONS: dict[str, timedelta | None] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "good": None,
}
_UNITS = {
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
    "hour": ngettext_lazy("%(num)d hour", "%(num)d hours", "num"),
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "week": ngettext_lazy("%(num)d week", "%(num)d weeks", "num"),
    "month": ngettext_lazy("%(num)d month", "%(num)d months", "num"),
}


def describe(num: int, unit: str) -> str:
    """Return a duration in the current language, such as '30 minutes'. `unit` is minute, hour, day, week or month."""
    return _UNITS[unit] % {"num": num}


def choices(*names: str) -> list[tuple[str, str]]:
    """Return a form field's choices, labeled in the current language: the named durations, or all of them."""
    chosen = names or tuple(DURATIONS)
    return [(name, _("permanently") if DURATIONS[name] is None else describe(1, name)) for name in chosen]


def end_time(name: str) -> datetime | None:
    """Return the time at which a duration that starts now ends, or None if it never ends. Raises KeyError."""
    duration = DURATIONS[name]
    return None if duration is None else timezone.now() + duration
