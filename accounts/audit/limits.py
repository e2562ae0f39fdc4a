"""Limits on how often a person may do something in an hour, counted in the audit log."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit.log import Kind, is_console
from accounts.models import AuditEvent, User

HOUR = timedelta(hours=1)


def seconds_to_wait(actor: User, kind: Kind, *, most: int) -> float:
    """Return in how many seconds the person may do this again, or 0."""
    return seconds_until_free(AuditEvent.objects.filter(actor=actor, kind=kind), "at", most=most)


def seconds_until_free(rows: QuerySet, column: str, *, most: int) -> float:
    """Return in how many seconds fewer than `most` rows will be younger than an hour, or 0.

    If `most` is 0, there is no limit, and none applies to commands on the server's console.

    Requests that run at the same moment may exceed the limit by as many as there are page threads.
    """
    if not most or is_console():
        return 0
    since = timezone.now() - HOUR
    recent = rows.filter(**{f"{column}__gt": since}).order_by(f"-{column}").values_list(column, flat=True)
    times: list[datetime] = list(recent[most - 1 : most])
    return max(1, (times[0] - since).total_seconds()) if times else 0
