"""How far rooms and their readers have come: read, raised and stored for many at once.

By hand, for posting passes here: composing these statements by the ORM costs more than all else about a
post (docs/performance.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from accounts.models import PUBLIC_COLUMNS, User
from rooms.models import MODERATING, Membership, Room

MemberKey = tuple[int, int]  # the ids of a user and a room


@dataclass(slots=True)
class RoomState:
    """What a post needs to know of its room, and what it changes there."""

    pk: int
    kind: str
    is_archived: bool
    is_read_only: bool
    slow_seconds: int
    last_seq: int
    version: int
    last_at: datetime | None = None


class Poster(NamedTuple):
    """An active person in a room, with what is shown of them."""

    user: User
    role: str

    @property
    def can_moderate(self) -> bool:
        return self.role in MODERATING


def database() -> BaseDatabaseWrapper:
    """The wrapper itself: `django.db.connection` looks it up anew at each access."""
    return connections[DEFAULT_DB_ALIAS]


def table(model: type[Model]) -> str:
    return database().ops.quote_name(model._meta.db_table)


def lock_rooms(room_ids: Iterable[int]) -> dict[int, RoomState]:
    """Hold these rooms until the transaction ends, in the order of their ids: two processes never wait in a circle."""
    ids = sorted(set(room_ids))
    lock = "FOR UPDATE" if database().features.has_select_for_update else ""  # SQLite's transaction holds all there is
    sql = (
        "SELECT id, kind, archived_at IS NOT NULL, is_read_only, slow_seconds, last_seq, version "  # noqa: S608
        f"FROM {table(Room)} "
        f"WHERE id IN ({marks(len(ids))}) ORDER BY id {lock}"
    )
    with database().cursor() as cursor:
        cursor.execute(sql, ids)
        return {row[0]: RoomState(*row) for row in cursor.fetchall()}


def members(places: Iterable[MemberKey]) -> dict[MemberKey, Poster]:
    """Those of these people who are active and in the room."""
    wanted = sorted(set(places))
    columns = ", ".join(f"person.{column}" for column in PUBLIC_COLUMNS)
    sql = (
        f"WITH wanted (user_id, room_id) AS (VALUES {rows(2, len(wanted))}) "  # noqa: S608
        f"SELECT member.user_id, member.room_id, member.role, {columns} FROM wanted "
        f"JOIN {table(Membership)} member ON member.user_id = wanted.user_id AND member.room_id = wanted.room_id "
        f"JOIN {table(User)} person ON person.id = member.user_id WHERE person.is_active"
    )
    with database().cursor() as cursor:
        cursor.execute(sql, [number for place in wanted for number in place])
        found = cursor.fetchall()
    return {
        (user_id, room_id): Poster(User.from_db(DEFAULT_DB_ALIAS, PUBLIC_COLUMNS, shown), role)
        for user_id, room_id, role, *shown in found
    }


def store_rooms(rooms: Iterable[RoomState]) -> None:
    """What was raised of rooms that the caller holds."""
    sql = f"UPDATE {table(Room)} SET last_seq = %s, version = %s, last_at = %s WHERE id = %s"  # noqa: S608
    prepare = Room._meta.get_field("last_at").get_db_prep_save
    changes = [(room.last_seq, room.version, prepare(room.last_at, database()), room.pk) for room in rooms]
    with database().cursor() as cursor:
        cursor.executemany(sql, changes)


def store_reads(seqs: Mapping[MemberKey, int]) -> None:
    """How far people have read; never backwards."""
    sql = (
        f"UPDATE {table(Membership)} SET last_read_seq = %s "  # noqa: S608
        "WHERE user_id = %s AND room_id = %s AND last_read_seq < %s"
    )
    with database().cursor() as cursor:
        cursor.executemany(sql, [(seq, user, room, seq) for (user, room), seq in sorted(seqs.items())])


def marks(count: int) -> str:
    return ", ".join(["%s"] * count)


def rows(columns: int, count: int) -> str:
    return ", ".join([f"({marks(columns)})"] * count)
