"""Parts of hand-written SQL, for statements that run for every post, page or socket.

Composing a query with the ORM takes longer than running it, and creating a model instance for each row longer than
reading it (docs/performance.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

At = TypeVar("At", datetime, datetime | None)
Value = TypeVar("Value")


class Condition(NamedTuple):
    """A condition for a statement, with its values."""

    sql: str
    values: Sequence[Any] = ()


def database() -> BaseDatabaseWrapper:
    """Return the wrapper itself, because `django.db.connection` is a proxy that looks it up on each access."""
    return connections[DEFAULT_DB_ALIAS]


@cache
def table(model: type[Model]) -> str:
    """Return the quoted name of a model's table."""
    return database().ops.quote_name(model._meta.db_table)


def placeholders(count: int) -> str:
    return ", ".join(["%s"] * count)


def value_rows(columns: int, count: int) -> str:
    return ", ".join([f"({placeholders(columns)})"] * count)


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows. Times may be naive (see `aware`)."""
    with database().cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement that returns nothing, once for each row of values."""
    if rows:
        with database().cursor() as cursor:
            cursor.executemany(sql, rows)


def aware(at: At) -> At:
    """Return a time from the database, or None, with its time zone, UTC, which SQLite doesn't store."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def time_value(at: datetime | None) -> Any:
    """Return a time, or None, as a value for a statement."""
    return database().ops.adapt_datetimefield_value(at)


def uuid_value(value: UUID) -> Any:
    """Return a UUID as a value for a statement."""
    return value if database().features.has_native_uuid_field else value.hex


def batched(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Split values into batches small enough for the parameters of one statement on every database."""
    everything = list(values)
    return (everything[start : start + 500] for start in range(0, len(everything), 500))
