"""Reports of pages about how they have shown notifications, which are stored in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from django.db import transaction
from django.db.models import Q

from messaging.models import Notification

Shown = Literal["other_tab", "denied", "sound", "desktop", "in_view"]
# From the least to the most noticeable. A user may have pages in several tabs and on several devices.
RANKS = {shown: rank for rank, shown in enumerate(("", *get_args(Shown)))}


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report that a page of the user has shown the notification of a message, or why it hasn't."""

    user_id: int
    message_id: int
    shown: Shown


def record_shown(reports: Sequence[ShownReport]) -> list[None]:
    """Store the reports. Of several about a notification, the most noticeable counts."""
    best: dict[tuple[int, int], Shown] = {}
    for report in reports:
        key = report.user_id, report.message_id
        best[key] = max(best.get(key, report.shown), report.shown, key=RANKS.__getitem__)
    _store(best)
    return [None] * len(reports)


@transaction.atomic
def _store(best: dict[tuple[int, int], Shown]) -> None:
    own = Q()
    for user_id, message_id in best:
        own |= Q(user=user_id, message=message_id)
    changed: dict[Shown, list[int]] = {}
    for pk, user_id, message_id, stored in Notification.objects.filter(own).values_list(
        "pk", "user", "message", "shown"
    ):
        shown = best[user_id, message_id]
        if RANKS[shown] > RANKS[stored]:
            changed.setdefault(shown, []).append(pk)
    for shown, pks in changed.items():
        Notification.objects.filter(pk__in=pks).update(shown=shown)
