"""What a server stored, compared with what it acknowledged."""

import sqlite3

from bench.servers import Served

AUDIT = "AUDIT: "


def audit(served: Served, stored: int) -> str:
    """Say what is wrong, or nothing: every acknowledged post once, each room's numbers without a hole."""
    if served.database is None:
        return ""
    with sqlite3.connect(served.database) as connection:
        holes = _holes(connection) if served.table == "messaging_message" else 0
        (total,) = connection.execute(f"SELECT count(*) FROM {served.table}").fetchone()  # noqa: S608 (our own names)
    if holes:
        return f"{AUDIT}the numbers of {holes} rooms have holes or repetitions"
    return "" if total == stored else f"{AUDIT}{stored} posts were acknowledged, {total} are stored"


def _holes(connection: sqlite3.Connection) -> int:
    (rooms,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM messaging_message GROUP BY room_id HAVING"
        " count(DISTINCT version) != max(version) OR count(DISTINCT seq) != max(seq) OR count(*) != max(seq))"
    ).fetchone()
    return int(rooms)
