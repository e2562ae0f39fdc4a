"""Scheduled messages that are being posted. They are locked, checked and deleted for all drafts of a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

from messaging.errors import NotCurrent
from messaging.history import events
from messaging.models import ScheduledMessage


class ScheduleKey(NamedTuple):
    """Identifies a scheduled message as it was when its draft was made."""

    pk: int
    revision: int


class DueMessages:
    """Scheduled messages that no other transaction can change, delete or post. Use `lock` to create an instance."""

    def __init__(self, locked: Mapping[int, ScheduledMessage]) -> None:
        self._locked = locked

    @classmethod
    def lock(cls, keys: Sequence[ScheduleKey]) -> Self:
        """Lock these messages, except those that no longer exist. Must be called in a transaction."""
        if not keys:
            return cls({})
        found = ScheduledMessage.objects.select_for_update().filter(pk__in={key.pk for key in keys}).order_by("pk")
        return cls({each.pk: each for each in found.only("pk", "sender_id", "client_id", "revision")})

    def require_current(self, key: ScheduleKey) -> None:
        """Raise NotCurrent if the message has been changed, deleted or posted since its draft was made."""
        locked = self._locked.get(key.pk)
        if locked is None or locked.revision != key.revision:
            raise NotCurrent

    def delete(self, posted: Iterable[ScheduleKey]) -> None:
        """Delete messages that have been posted."""
        done = [self._locked[key.pk] for key in posted if key.pk in self._locked]
        if done:
            ScheduledMessage.objects.filter(pk__in=[each.pk for each in done]).delete()
        for each in done:
            events.announce_unscheduled(each.sender_id, each.client_id)
