"""Statements for many rows, on both databases."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.bulk_sql import ROWS_PER_STATEMENT, insert_rows, pipelined, update_rows
from accounts.sql import fetch
from tests.waiting import wait_until

KEY = {"place": "bigint"}
COLUMNS = {**KEY, "name": "text", "number": "bigint"}


@pytest.fixture
def shelf(transactional_db) -> Iterator[str]:
    kind = "bigserial" if connection.vendor == "postgresql" else "integer"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE shelf (id {kind} PRIMARY KEY, place bigint UNIQUE, name text, number bigint)")
    yield "shelf"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shelf")


def rows() -> list[tuple]:
    return fetch("SELECT place, name, number FROM shelf ORDER BY place", ())


@pytest.mark.parametrize("count", [0, 1, ROWS_PER_STATEMENT, 2 * ROWS_PER_STATEMENT + 1])
def test_rows_are_inserted_and_returned(shelf, count):
    new = [(place, f"“{place}” \\ {{,}} 'é'", None if place % 2 else 10**12) for place in range(count)]
    returned = insert_rows(shelf, COLUMNS, new, returning="place, name")
    assert sorted(returned) == [(place, name) for place, name, _ in new]
    assert rows() == new


def test_columns_may_be_null_in_all_rows(shelf):
    insert_rows(shelf, COLUMNS, [(1, None, None), (2, None, None)])
    assert rows() == [(1, None, None), (2, None, None)]


def test_rows_in_conflict_follow_the_clause(shelf):
    insert_rows(shelf, COLUMNS, [(1, "one", 1)])
    kept = "ON CONFLICT (place) DO NOTHING"
    assert insert_rows(shelf, COLUMNS, [(1, "other", 2), (2, "two", 2)], conflict=kept, returning="place") == [(2,)]
    assert rows() == [(1, "one", 1), (2, "two", 2)]


def test_rows_are_updated_by_their_keys(shelf):
    insert_rows(shelf, COLUMNS, [(place, "old", place) for place in range(5)])
    update_rows(shelf, KEY, {"name": "text", "number": "bigint"}, [(3, "three", 30), (1, "one", None), (9, "nine", 9)])
    assert rows() == [(0, "old", 0), (1, "one", None), (2, "old", 2), (3, "three", 30), (4, "old", 4)]


def test_a_growing_column_never_shrinks(shelf):
    insert_rows(shelf, COLUMNS, [(1, "one", 5), (2, "two", 5)])
    update_rows(shelf, KEY, {"number": "bigint"}, [(1, 4), (2, 6)], growing="number")
    assert rows() == [(1, "one", 5), (2, "two", 6)]


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="two transactions can't write at once in SQLite; test_postgres.py runs it on PostgreSQL",
)
@pytest.mark.parametrize(("theirs", "expected"), [(4, 7), (9, 9)])
def test_an_update_sees_what_another_transaction_has_just_stored(shelf, theirs, expected):
    insert_rows(shelf, COLUMNS, [(1, "one", 1)])

    def update() -> None:
        try:
            update_rows(shelf, KEY, {"number": "bigint"}, [(1, 7)], growing="number")
        finally:
            connection.close()

    thread = Thread(target=update)
    with transaction.atomic():
        update_rows(shelf, KEY, {"number": "bigint"}, [(1, theirs)])
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: fetch(waiting, ())[0][0], "the other transaction waits")
    thread.join()
    assert rows() == [(1, "one", expected)]


def test_pipelined_statements_are_stored_in_their_order(shelf):
    with transaction.atomic(), pipelined():
        insert_rows(shelf, COLUMNS, [(1, "one", 1)])
        update_rows(shelf, KEY, {"name": "text"}, [(1, "two")])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shelf SET number = %s WHERE name = %s", [2, "two"])
    assert rows() == [(1, "two", 2)]


def test_an_error_in_a_pipeline_rolls_everything_back(shelf):
    insert_rows(shelf, COLUMNS, [(1, "one", 1)])
    with pytest.raises(DatabaseError), transaction.atomic(), pipelined():
        insert_rows(shelf, COLUMNS, [(2, "two", 2)])
        insert_rows(shelf, COLUMNS, [(1, "again", 1)])
        update_rows(shelf, KEY, {"name": "text"}, [(1, "changed")])
    assert rows() == [(1, "one", 1)]
    insert_rows(shelf, COLUMNS, [(3, "three", 3)])
    assert len(rows()) == 2
