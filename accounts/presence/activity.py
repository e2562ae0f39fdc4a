"""Records the activity of connections and of the site, in batches together with presence rather than per frame."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q

from accounts.models import ActivitySample, Connection, minute_of
from accounts.presence.connections import OpenConnection, update_connections
from accounts.sql import batched


@dataclass
class ActivityDelta:
    """Activity since the last batch: active connections, connections with changed columns, and messages posted."""

    active: set[UUID] = field(default_factory=set)
    changed: dict[UUID, OpenConnection] = field(default_factory=dict)
    messages: int = 0

    def add(self, other: "ActivityDelta") -> None:
        self.active |= other.active
        self.changed |= other.changed
        self.messages += other.messages


def store(delta: ActivityDelta, now: datetime) -> None:
    """Write a batch. All connections get the same `last_active_at`, since one message makes a whole room active.

    The automatic traffic of an idle page doesn't count as activity.
    """
    if delta.changed:
        update_connections(delta.changed.values())
    for ids in batched(delta.active):
        Connection.objects.filter(pk__in=ids, idle_since=None).update(last_active_at=now)
    _update_sample(delta.messages, now)


def people_online() -> Count:
    """Return an aggregate of connections that counts their people, which bots aren't."""
    return Count("user", distinct=True, filter=Q(user__is_bot=False))


def _update_sample(messages: int, now: datetime) -> None:
    """Add this process's messages to the current minute. The minute's first sample also counts the users online."""
    minute = minute_of(now)
    sample = ActivitySample.objects.filter(minute=minute)
    if sample.update(messages=F("messages") + messages):
        return
    online = Connection.objects.live().aggregate(people=people_online(), connections=Count("pk"))
    ActivitySample.objects.bulk_create([ActivitySample(minute=minute, **online)], ignore_conflicts=True)
    sample.update(messages=F("messages") + messages)
