"""The index in FTS5 of SQLite, from version 3.34.

FTS5 is given tokens separated by spaces, which it doesn't split any further. Its rows are messages, in the order of
their ids, so that the newest are found first without reading the others.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext

from accounts.sql import batched, database, fetch, placeholders
from messaging.search.entry import Entry
from messaging.search.expression import Expression, Options

TABLE = "messaging_search"
CREATE = f"CREATE VIRTUAL TABLE {TABLE} USING fts5(terms, tokenize=\"ascii tokenchars ':|'\", columnsize=0)"

FIRST_WINDOW = 1
MAX_ROOMS = 200  # whose facts are looked up together
ROWS_PER_INSERT = 100


def clear() -> None:
    """Empty the index, even if it is damaged."""
    with database().cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(CREATE)


def store(entries: Sequence[Entry]) -> None:
    """Insert or replace the entries of messages."""
    for start in range(0, len(entries), ROWS_PER_INSERT):
        rows = entries[start : start + ROWS_PER_INSERT]
        values = [value for pk, facts, words in rows for value in (pk, " ".join((*facts, *words)))]
        with database().cursor() as cursor:
            sql = f"INSERT OR REPLACE INTO {TABLE} (rowid, terms) VALUES {', '.join(['(%s, %s)'] * len(rows))}"  # noqa: S608
            cursor.execute(sql, values)


def remove(message_ids: Collection[int]) -> None:
    for ids in batched(message_ids):
        with database().cursor() as cursor:
            cursor.execute(f"DELETE FROM {TABLE} WHERE rowid IN ({placeholders(len(ids))})", ids)  # noqa: S608


def start_of_window(high: int, size: int) -> int:
    """Return 0, because FTS5 reads only as much as it returns, and doesn't stop at the lowest id in a range."""
    return 0


def reading() -> AbstractContextManager[None]:
    """Return a context for `probe`. A transaction would lock the database."""
    return nullcontext()


def probe(expression: Expression, low: int, high: int, limit: int) -> list[int]:
    """Return the ids of up to `limit` messages from `low` to below `high`, newest first."""
    sql = (
        f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid >= %s AND rowid < %s "  # noqa: S608
        "ORDER BY rowid DESC LIMIT %s"
    )
    return [pk for (pk,) in fetch(sql, (_match(expression), low, high, limit))]


def probe_among(expression: Expression, ids: Sequence[int]) -> list[int]:
    """Return those of these messages that are found."""
    sql = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid IN ({placeholders(len(ids))})"  # noqa: S608
    return [pk for (pk,) in fetch(sql, (_match(expression), *ids))] if ids else []


def words_starting(prefix: bytes, *, candidates: int, limit: int) -> list[bytes]:
    """Return the most common words with this prefix, among the first `candidates` in alphabetical order."""
    sql = (
        "SELECT text FROM (SELECT id, text FROM messaging_searchword WHERE text >= %s AND text < %s "
        "ORDER BY text LIMIT %s) ORDER BY id LIMIT %s"
    )
    return [text for (text,) in fetch(sql, (prefix, prefix + b"\xff", candidates, limit))]


def words_containing(part: bytes, *, candidates: int, limit: int) -> list[bytes]:
    """Return the most common words that contain this part, among the `candidates` most common."""
    sql = (
        "SELECT text FROM (SELECT id, text FROM messaging_searchword ORDER BY id LIMIT %s) "
        "WHERE instr(text, %s) ORDER BY id LIMIT %s"
    )
    return [text for (text,) in fetch(sql, (candidates, part, limit))]


def size() -> int:
    """Return the number of bytes that the index takes."""
    sql = (
        "SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name LIKE 'messaging_search%%' OR name LIKE '%%searchword%%'"
    )
    return int(fetch(sql, ())[0][0])


def _match(expression: Expression) -> str:
    required = " AND ".join(f"({_any(options)})" for options in expression.required)
    return f"({required}) NOT ({_any(expression.excluded)})" if expression.excluded else required


def _any(options: Options) -> str:
    return " OR ".join(f'"{" ".join(phrase)}"' for phrase in options)
