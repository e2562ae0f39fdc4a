"""The index in a table of PostgreSQL with a GIN index.

GIN returns what it finds in no order, so a common word would be read and sorted whenever it is searched for. Each entry
therefore also has tokens for the blocks of ids that it is in, of 2 to the power of LEVELS each. A search for the newest
messages only looks in the newest blocks.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from django.db import OperationalError, transaction

from accounts.bulk_sql import insert_rows
from accounts.sql import batched, database, fetch, placeholders
from messaging.search.entry import GAP, MAX_TOKENS, Entry
from messaging.search.expression import Expression, Options

TABLE = "messaging_search"
LEVELS = (20, 17, 14, 11)
FIRST_WINDOW = 1 << LEVELS[-1]  # ids
# Rooms whose facts are looked up together. GIN compares each hit with each of them: with twenty, a search takes 400 ms.
MAX_ROOMS = 5
COLUMNS = {"message_id": "bigint", "terms": "tsvector"}
TIMEOUT_MS = 400
QUERY_CANCELED = "57014"

_POSITIONS = [f"':{position} '" for position in range(1, MAX_TOKENS + 1)]
_GAPS = re.compile(re.escape(GAP) + r"':\d+ '")


def clear() -> None:
    """Empty the index, even if it is damaged."""
    with database().cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")


def store(entries: Sequence[Entry]) -> None:
    """Insert or replace the entries of messages."""
    rows = [(entry.pk, _vector(entry)) for entry in entries]
    insert_rows(TABLE, COLUMNS, rows, conflict="ON CONFLICT (message_id) DO UPDATE SET terms = EXCLUDED.terms")


def remove(message_ids: Collection[int]) -> None:
    for ids in batched(message_ids):
        with database().cursor() as cursor:
            cursor.execute(f"DELETE FROM {TABLE} WHERE message_id IN ({placeholders(len(ids))})", ids)  # noqa: S608


def start_of_window(high: int, size: int) -> int:
    """Return the start of a block, so that a window of about `size` ids consists of whole blocks."""
    return max(0, (high - size) >> LEVELS[-1] << LEVELS[-1])


@contextmanager
def reading() -> Iterator[None]:
    """Return a context for `probe`. A statement that takes too long ends the block."""
    try:
        with transaction.atomic() if database().in_atomic_block else nullcontext():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != QUERY_CANCELED:
            raise


def probe(expression: Expression, low: int, high: int, limit: int) -> list[int]:
    """Return the ids of up to `limit` messages from `low` to below `high`, newest first.

    The additions of zero keep the planner from reading the messages in the order of their ids, which it prefers if it
    believes that a word is common.
    """
    queries = _queries(expression)
    if low > 0:
        queries.append(" | ".join(map(_quoted, _blocks(low, high))))
    sql = (
        f"SELECT message_id FROM {TABLE} WHERE {_matches(queries)} AND message_id + 0 >= %s AND message_id + 0 < %s "  # noqa: S608
        "ORDER BY message_id + 0 DESC LIMIT %s"
    )
    return _read(sql, (*queries, low, high, limit))


def probe_among(expression: Expression, ids: Sequence[int]) -> list[int]:
    """Return those of these messages that are found. They are few, so their entries are read by their ids."""
    queries = _queries(expression)
    sql = (
        f"SELECT message_id FROM {TABLE} WHERE message_id IN ({placeholders(len(ids))}) "  # noqa: S608
        f"AND ({_matches(queries)}) IS TRUE"  # not a condition for the index of terms
    )
    return _read(sql, (*ids, *queries)) if ids else []


def words_starting(prefix: bytes, *, candidates: int, limit: int) -> list[bytes]:
    """Return the most common words with this prefix, among the first `candidates` in alphabetical order."""
    sql = (
        "SELECT text FROM (SELECT id, text FROM messaging_searchword WHERE text >= %s AND text < %s "
        "ORDER BY text LIMIT %s) AS word ORDER BY id LIMIT %s"
    )
    return [bytes(text) for (text,) in fetch(sql, (prefix, prefix + b"\xff", candidates, limit))]


def words_containing(part: bytes, *, candidates: int, limit: int) -> list[bytes]:
    """Return the most common words that contain this part, among the `candidates` most common."""
    sql = (
        "SELECT text FROM (SELECT id, text FROM messaging_searchword ORDER BY id LIMIT %s) AS word "
        "WHERE position(%s::bytea IN text) > 0 ORDER BY id LIMIT %s"
    )
    return [bytes(text) for (text,) in fetch(sql, (candidates, part, limit))]


def size() -> int:
    """Return the number of bytes that the index takes."""
    sizes = f"pg_total_relation_size('{TABLE}') + pg_total_relation_size('messaging_searchword')"
    return int(fetch(f"SELECT {sizes}", ())[0][0])


def _vector(entry: Entry) -> str:
    """Return an entry as a tsvector, to which PostgreSQL adds up the positions of repeated words.

    Tokens contain no characters with a meaning inside the quotes.
    """
    words = "".join([part for pair in zip(entry.words, _POSITIONS, strict=False) for part in pair])
    if GAP in entry.words:
        words = _GAPS.sub("", words)
    facts = "' '".join(entry.facts)
    return f"'{facts}' '{words}{_own_blocks(entry.pk >> LEVELS[-1])}"


@lru_cache(maxsize=1000)
def _own_blocks(lowest: int) -> str:
    """Return the tokens of the blocks in which a block of the lowest level is, as the end of a tsvector."""
    first = lowest << LEVELS[-1]
    return "' '".join([_block(level, first >> level) for level in LEVELS]) + "'"


def _block(level: int, number: int) -> str:
    return f"b{level}:{number}"


def _blocks(low: int, high: int) -> list[str]:
    """Return the blocks that cover the ids from `low`, the start of a block of the lowest level, to below `high`."""
    found = []
    while low < high:
        level = next(
            level for level in LEVELS if not low % (1 << level) and (low + (1 << level) <= high or level == LEVELS[-1])
        )
        found.append(_block(level, low >> level))
        low += 1 << level
    return found


def _read(sql: str, values: Sequence[Any]) -> list[int]:
    """Run a statement for a limited time, with the index, whatever the planner believes. Return the ids that it finds.

    Statements sent as one are a transaction, with which the settings end. Within a transaction, they are reset.
    """
    with database().cursor() as cursor:
        cursor.execute(
            f"SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = {TIMEOUT_MS}; {sql}; "
            "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT",
            values,
        )
        cursor.nextset()
        cursor.nextset()
        return [pk for (pk,) in cursor.fetchall()]


def _queries(expression: Expression) -> list[str]:
    """Return a query for each of the required options.

    In one query for all of them, GIN would compare each message of a block with each word, rather than skip to the next
    message that all of them find. That took ten to a hundred times as long.
    """
    first, *others = map(_any, expression.required)
    if expression.excluded:
        first = f"({first}) & !({_any(expression.excluded)})"  # GIN can't look up what only excludes
    return [first, *others]


def _matches(queries: Sequence[str]) -> str:
    return " AND ".join(["terms @@ %s::tsquery"] * len(queries))


def _any(options: Options) -> str:
    return " | ".join(f"({' <-> '.join(map(_quoted, phrase))})" for phrase in options)


def _quoted(token: str) -> str:
    return f"'{token}'"
