"""Statements that write many rows at once.

PostgreSQL gets each column as one binary array, apart from the statement. Django would write all values into the
statement as text: with 50 messages, that took longer than inserting them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.backends.utils import CursorWrapper

from accounts.sql import database, execute_many, value_rows

Columns = Mapping[str, str]  # names, with PostgreSQL's types
Row = Sequence[Any]

ROWS_PER_STATEMENT = 100  # SQLite accepts at most 32,766 values in one


def insert_rows(
    table: str, columns: Columns, rows: Sequence[Row], *, conflict: str = "", returning: str = ""
) -> list[Any]:
    """Insert rows, and return the `returning` columns of those that have been inserted, in any order.

    conflict: an ON CONFLICT clause.
    """
    end = f"{conflict} RETURNING {returning}" if returning else conflict
    found: list[Any] = []
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        some = rows[start : start + ROWS_PER_STATEMENT]
        with _cursor() as cursor:
            if _has_arrays():
                chosen = ", ".join(f"new.{name}::{kind}" for name, kind in columns.items())
                source = f"SELECT {chosen} FROM {_arrays(columns)} AS new ({', '.join(columns)})"  # noqa: S608
                values = [list(column) for column in zip(*some, strict=True)]
            else:
                source = f"VALUES {value_rows(len(columns), len(some))}"
                values = [value for row in some for value in row]
            cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {source} {end}", values)
            found += cursor.fetchall() if returning else ()
    return found


def update_rows(table: str, keys: Columns, columns: Columns, rows: Sequence[Row], *, growing: str = "") -> None:
    """Update the columns of the rows that have these keys, which come first in each of `rows`.

    The rows are locked in the order of `rows`. growing: a column whose value must be smaller than the new one.
    """
    if not rows:
        return
    if not _has_arrays():
        _update_each(table, keys, columns, rows, growing)
        return
    kinds = {**keys, **columns}
    conditions = [f"old.{name} = new.{name}" for name in keys]
    if growing:
        conditions.append(f"old.{growing} < new.{growing}")
    sql = (
        f"WITH locked AS (SELECT old.id AS row_id, {', '.join(f'new.{name}' for name in columns)} "  # noqa: S608
        f"FROM {_arrays(kinds)} WITH ORDINALITY AS new ({', '.join(kinds)}, row_number) "
        f"JOIN {table} old ON {' AND '.join(conditions)} ORDER BY new.row_number FOR UPDATE OF old) "
        f"UPDATE {table} SET {', '.join(f'{name} = locked.{name}' for name in columns)} "
        f"FROM locked WHERE {table}.id = locked.row_id"
    )
    with _cursor() as cursor:
        cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])


@contextmanager
def pipelined() -> Iterator[None]:
    """Let PostgreSQL run the statements of the block while the next ones are prepared.

    They return nothing until its end, where their errors are raised at the latest.
    """
    if not _has_arrays():
        yield
        return
    with database().wrap_database_errors, database().connection.pipeline():
        yield


def _update_each(table: str, keys: Columns, columns: Columns, rows: Sequence[Row], growing: str) -> None:
    conditions = [f"{name} = %s" for name in keys]
    values = [[*row[len(keys) :], *row[: len(keys)]] for row in rows]
    if growing:
        conditions.append(f"{growing} < %s")
        at = list(columns).index(growing)
        values = [[*row, row[at]] for row in values]
    changes = ", ".join(f"{name} = %s" for name in columns)
    execute_many(f"UPDATE {table} SET {changes} WHERE {' AND '.join(conditions)}", values)  # noqa: S608


def _has_arrays() -> bool:
    return database().vendor == "postgresql"


def _arrays(columns: Columns) -> str:
    """Return a set of rows as a function of an array for each column."""
    return f"unnest({', '.join(f'%b::{_array_type(kind)}' for kind in columns.values())})"


def _array_type(kind: str) -> str:
    return "text[]" if kind == "tsvector" else f"{kind}[]"


@contextmanager
def _cursor() -> Iterator[CursorWrapper]:
    """Return a cursor that sends PostgreSQL the values apart from the statement."""
    connection = database()
    if not _has_arrays():
        with connection.cursor() as cursor:
            yield cursor
        return
    from django.db.backends.postgresql.base import ServerBindingCursor  # type: ignore[attr-defined]

    connection.ensure_connection()
    with connection._prepare_cursor(ServerBindingCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        yield cursor
