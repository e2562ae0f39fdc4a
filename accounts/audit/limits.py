"""Limits on a user's actions per hour, counted in the audit log."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit.log import Kind, is_console
from accounts.models import AuditEvent, User

HOUR = timedelta(hours=1)


def seconds_to_wait(actor: User, kind: Kind, *, most: int) -> float:
    """Return the seconds until the user may perform this kind of action again, or 0."""
    return seconds_until_free(AuditEvent.objects.filter(actor=actor, kind=kind), "at", most=most)


def seconds_until_free(rows: QuerySet, column: str, *, most: int) -> float:
    """Return the seconds until fewer than `most` rows are younger than an hour, or 0.

    There is no limit if `most` is 0, or for commands on the server's console. Concurrent requests may exceed the limit
    by the number of page threads.
    """
    if not most or is_console():
        return 0
    since = timezone.now() - HOUR
    recent = rows.filter(**{f"{column}__gt": since}).order_by(f"-{column}").values_list(column, flat=True)
    times: list[datetime] = list(recent[most - 1 : most])
    return max(1, (times[0] - since).total_seconds()) if times else 0
