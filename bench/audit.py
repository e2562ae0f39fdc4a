"""Compares the posts that a server has stored with those that it acknowledged."""

from bench.database import query
from bench.servers import RunningServer

AUDIT = "AUDIT: "


def audit(server: RunningServer, stored: int) -> str:
    """Return a note about lost or duplicate posts and about gaps in a room's numbers, or ""."""
    if server.database is None:
        return ""
    if server.table == "messaging_message" and (gaps := _rooms_with_gaps(server)):
        return f"{AUDIT}the numbers of {gaps} rooms have gaps or repeats"
    total = query(server, f"SELECT count(*) FROM {server.table}")  # noqa: S608 (our own names)
    return "" if total == stored else f"{AUDIT}{stored} posts were acknowledged, {total} are stored"


def _rooms_with_gaps(server: RunningServer) -> int:
    return query(
        server,
        "SELECT count(*) FROM (SELECT 1 FROM messaging_message GROUP BY room_id HAVING"
        # Each reaction to a message takes a further version.
        " count(DISTINCT version) !="
        " CASE WHEN max(reactions) = '' THEN max(version) - count(deleted_at) ELSE count(*) END OR"
        " count(DISTINCT seq) != max(seq) OR count(*) != max(seq)) AS rooms",
    )
