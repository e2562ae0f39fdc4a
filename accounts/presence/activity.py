"""What connections did and how busy the site is: written together with presence, never for each frame."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection as database
from django.db.models import Count, F

from accounts.models import ActivitySample, Connection, minute_of

WRITTEN = ("idle_since", "room_id", "messages", "id")


@dataclass
class Deeds:
    """What was done since the last batch: where anything was, which rows it changed, and how many messages in all."""

    active: set[UUID] = field(default_factory=set)
    changed: dict[UUID, Connection] = field(default_factory=dict)
    said: int = 0

    def add(self, others: "Deeds") -> None:
        self.active |= others.active
        self.changed |= others.changed
        self.said += others.said


def store(deeds: Deeds, now: datetime) -> None:
    """When something was last done is the same for all and written for many at once: a message makes a whole room
    send read marks. What a page that nobody touches sends by itself does not count."""
    if deeds.changed:
        _store_rows(deeds.changed.values())
    for some in batched(list(deeds.active)):
        Connection.objects.filter(pk__in=some, idle_since=None).update(last_active_at=now)
    _take_sample(deeds.said, now)


def batched(ids: list[UUID]) -> Iterator[list[UUID]]:
    """So many as every database takes in one statement."""
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


def _store_rows(connections: Collection[Connection]) -> None:
    """By hand: for a thousand people who write, `bulk_update` composes three thousand expressions."""
    fields = [cast(Any, Connection._meta.get_field(name)) for name in WRITTEN]
    name, *columns = map(database.ops.quote_name, [Connection._meta.db_table, *(field.column for field in fields)])
    changes = ", ".join(f"{column} = %s" for column in columns[:-1])
    rows = [[field.get_db_prep_save(getattr(row, field.attname), database) for field in fields] for row in connections]
    with database.cursor() as cursor:
        cursor.executemany(f"UPDATE {name} SET {changes} WHERE {columns[-1]} = %s", rows)  # noqa: S608


def _take_sample(said: int, now: datetime) -> None:
    """Add what this process's people wrote to the present minute; the first process in it also counts who is here."""
    minute = minute_of(now)
    sample = ActivitySample.objects.filter(minute=minute)
    if sample.update(messages=F("messages") + said):
        return
    here = Connection.objects.live().aggregate(people=Count("user", distinct=True), connections=Count("pk"))
    ActivitySample.objects.bulk_create([ActivitySample(minute=minute, **here)], ignore_conflicts=True)
    sample.update(messages=F("messages") + said)
