"""Reads a server's database, and compares the posts that it stored with those that it acknowledged."""

import sqlite3
from contextlib import closing

from bench.servers import RunningServer

AUDIT = "AUDIT: "


def audit(server: RunningServer, stored: int) -> str:
    """Return a note about lost or duplicate posts and about gaps in a room's numbers, or ""."""
    if server.database is None:
        return ""
    with sqlite3.connect(server.database) as connection:
        gaps = _rooms_with_gaps(connection) if server.table == "messaging_message" else 0
        (total,) = connection.execute(f"SELECT count(*) FROM {server.table}").fetchone()  # noqa: S608 (our own names)
    if gaps:
        return f"{AUDIT}the numbers of {gaps} rooms have gaps or repeats"
    return "" if total == stored else f"{AUDIT}{stored} posts were acknowledged, {total} are stored"


def query(server: RunningServer, statement: str, *parameters: str) -> int:
    """Run a query that selects one number on the server's database, and return it."""
    with closing(sqlite3.connect(str(server.database), timeout=60)) as connection:
        return int(connection.execute(statement, parameters).fetchone()[0])


def _rooms_with_gaps(connection: sqlite3.Connection) -> int:
    (rooms,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM messaging_message GROUP BY room_id HAVING"
        " count(DISTINCT version) != max(version) - count(deleted_at) OR"
        " count(DISTINCT seq) != max(seq) OR count(*) != max(seq))"
    ).fetchone()
    return int(rooms)
