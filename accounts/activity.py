"""What connections did and how busy the site is: written together with presence, never for each frame."""

from collections.abc import Sequence
from typing import Any, cast

from django.db import connection as database
from django.db.models import Count, F
from django.utils import timezone

from accounts.models import Connection
from accounts.records import ActivitySample, minute_of

WRITTEN = ("last_active_at", "idle_since", "room_id", "messages", "id")


def store_deeds(connections: Sequence[Connection]) -> None:
    """Write what changed in these since the last time.

    By hand: for a thousand people who write, `bulk_update` composes three thousand expressions.
    """
    if not connections:
        return
    fields = [cast(Any, Connection._meta.get_field(name)) for name in WRITTEN]
    name, *columns = map(database.ops.quote_name, [Connection._meta.db_table, *(field.column for field in fields)])
    changes = ", ".join(f"{column} = %s" for column in columns[:-1])
    rows = [[field.get_db_prep_save(getattr(row, field.attname), database) for field in fields] for row in connections]
    with database.cursor() as cursor:
        cursor.executemany(f"UPDATE {name} SET {changes} WHERE {columns[-1]} = %s", rows)  # noqa: S608


def take_sample(*, said: int) -> None:
    """Add what this process's people wrote to the present minute; the first process in it also counts who is here."""
    minute = minute_of(timezone.now())
    sample = ActivitySample.objects.filter(minute=minute)
    if sample.update(messages=F("messages") + said):
        return
    here = Connection.objects.live().aggregate(people=Count("user", distinct=True), connections=Count("pk"))
    ActivitySample.objects.bulk_create([ActivitySample(minute=minute, **here)], ignore_conflicts=True)
    sample.update(messages=F("messages") + said)
