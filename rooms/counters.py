"""How far rooms and their readers have come, stored for many at once.

By hand: the ORM composes a statement for each row, which costs more than everything else about a post
(docs/performance.md).
"""

from collections.abc import Iterable, Mapping

from django.db import connection

from rooms.models import Membership, Room

Place = tuple[int, int]  # the ids of a user and a room


def store_rooms(rooms: Iterable[Room]) -> None:
    """Their `last_seq`, `version` and `last_at`. The caller holds the rows' locks and has raised what they said."""
    sql = f"UPDATE {_table(Room)} SET last_seq = %s, version = %s, last_at = %s WHERE id = %s"  # noqa: S608
    prepare = Room._meta.get_field("last_at").get_db_prep_save
    rows = [(room.last_seq, room.version, prepare(room.last_at, connection), room.pk) for room in rooms]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def store_reads(seqs: Mapping[Place, int]) -> None:
    """How far people have read; never backwards. In one order, so that two processes never wait in a circle."""
    sql = (
        f"UPDATE {_table(Membership)} SET last_read_seq = %s WHERE user_id = %s AND room_id = %s AND last_read_seq < %s"  # noqa: S608
    )
    rows = [(seq, user_id, room_id, seq) for (user_id, room_id), seq in sorted(seqs.items())]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _table(model: type[Room] | type[Membership]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
