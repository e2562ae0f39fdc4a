"""Records the activity of connections and of the site, in batches together with presence rather than per frame."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection as database
from django.db.models import Count, F

from accounts.models import ActivitySample, Connection, minute_of

UPDATED_COLUMNS = ("idle_since", "room_id", "messages", "id")


@dataclass
class ActivityDelta:
    """Activity since the last batch: active connections, connections with changed columns, and messages posted."""

    active: set[UUID] = field(default_factory=set)
    changed: dict[UUID, Connection] = field(default_factory=dict)
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
        _update_connections(delta.changed.values())
    for ids in batched(list(delta.active)):
        Connection.objects.filter(pk__in=ids, idle_since=None).update(last_active_at=now)
    _update_sample(delta.messages, now)


def batched(ids: list[UUID]) -> Iterator[list[UUID]]:
    """Split ids into batches small enough for the parameters of one statement on every database."""
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


def _update_connections(connections: Collection[Connection]) -> None:
    """Update rows in SQL, because `bulk_update` would compile 3,000 expressions for 1,000 connections."""
    fields = [cast(Any, Connection._meta.get_field(name)) for name in UPDATED_COLUMNS]
    name, *columns = map(database.ops.quote_name, [Connection._meta.db_table, *(field.column for field in fields)])
    changes = ", ".join(f"{column} = %s" for column in columns[:-1])
    rows = [[field.get_db_prep_save(getattr(row, field.attname), database) for field in fields] for row in connections]
    with database.cursor() as cursor:
        cursor.executemany(f"UPDATE {name} SET {changes} WHERE {columns[-1]} = %s", rows)  # noqa: S608


def _update_sample(messages: int, now: datetime) -> None:
    """Add this process's messages to the current minute. The minute's first sample also counts the users online."""
    minute = minute_of(now)
    sample = ActivitySample.objects.filter(minute=minute)
    if sample.update(messages=F("messages") + messages):
        return
    online = Connection.objects.live().aggregate(people=Count("user", distinct=True), connections=Count("pk"))
    ActivitySample.objects.bulk_create([ActivitySample(minute=minute, **online)], ignore_conflicts=True)
    sample.update(messages=F("messages") + messages)
