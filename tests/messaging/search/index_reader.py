"""Reads the index without the code that searches it."""

from collections.abc import Mapping

from accounts.sql import database, fetch


def stored_entries(expected: Mapping[int, str]) -> dict[int, str]:
    """Return all entries. On PostgreSQL, those that equal the expected ones are returned as these are written."""
    if database().vendor == "postgresql":
        stored = dict(fetch("SELECT message_id, terms::text FROM messaging_search", ()))
        equal = "SELECT 1 FROM messaging_search WHERE message_id = %s AND terms = %s::tsvector"
        return stored | {pk: text for pk, text in expected.items() if fetch(equal, (pk, text))}
    with database().cursor() as cursor:  # fails if the index and its table differ
        cursor.execute("INSERT INTO messaging_search(messaging_search) VALUES ('integrity-check')")
    return dict(fetch("SELECT rowid, terms FROM messaging_search", ()))
