"""Records the activity of connections and of the site, in batches together with presence rather than per frame."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, F

from accounts.models import ActivitySample, Connection, minute_of
from accounts.sql import batched, database, placeholders, table

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
    for ids in batched(delta.active):
        Connection.objects.filter(pk__in=ids, idle_since=None).update(last_active_at=now)
    _update_sample(delta.messages, now)


def insert_connections(connections: Iterable[Connection]) -> None:
    """Insert the rows that don't exist yet. `bulk_create` would compile 13,000 expressions for 1,000 connections."""
    name, columns, rows = _values(connections, [field.name for field in Connection._meta.concrete_fields])
    sql = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({placeholders(len(columns))}) ON CONFLICT DO NOTHING"  # noqa: S608
    if rows:
        with database().cursor() as cursor:
            cursor.executemany(sql, rows)


def _update_connections(connections: Iterable[Connection]) -> None:
    """Update rows in SQL, because `bulk_update` would compile 3,000 expressions for 1,000 connections."""
    name, columns, rows = _values(connections, UPDATED_COLUMNS)
    changes = ", ".join(f"{column} = %s" for column in columns[:-1])
    with database().cursor() as cursor:
        cursor.executemany(f"UPDATE {name} SET {changes} WHERE {columns[-1]} = %s", rows)  # noqa: S608


def _values(connections: Iterable[Connection], names: Sequence[str]) -> tuple[str, list[str], list[list[Any]]]:
    """Return the table's name, the columns' names and the rows' values for fields of connections."""
    connection = database()
    fields = [cast(Any, Connection._meta.get_field(name)) for name in names]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    prepare = [(field.attname, field.get_db_prep_save) for field in fields]
    rows = [[prepared(getattr(row, name), connection) for name, prepared in prepare] for row in connections]
    return table(Connection), columns, rows


def _update_sample(messages: int, now: datetime) -> None:
    """Add this process's messages to the current minute. The minute's first sample also counts the users online."""
    minute = minute_of(now)
    sample = ActivitySample.objects.filter(minute=minute)
    if sample.update(messages=F("messages") + messages):
        return
    online = Connection.objects.live().aggregate(people=Count("user", distinct=True), connections=Count("pk"))
    ActivitySample.objects.bulk_create([ActivitySample(minute=minute, **online)], ignore_conflicts=True)
    sample.update(messages=F("messages") + messages)
