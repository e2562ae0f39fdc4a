"""Reads, locks and stores the state of rooms and their members in bulk.

The SQL is written by hand because every post runs it. Building these statements with the ORM takes longer than all
other work for a post (docs/performance.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from accounts.models import PUBLIC_COLUMNS, User
from rooms.models import MODERATING, Membership, Room

MemberKey = tuple[int, int]  # the ids of a user and a room


@dataclass(slots=True)
class RoomState:
    """The columns of a room that determine whether a post is accepted, and those that a post changes."""

    pk: int
    kind: str
    is_archived: bool
    is_read_only: bool
    slow_seconds: int
    last_seq: int
    version: int
    last_at: datetime | None = None


class Poster(NamedTuple):
    """An active member: the public columns of the user, and their role in the room."""

    pk: int
    username: str
    display_name: str
    avatar_name: str
    role: str

    @property
    def name(self) -> str:
        return self.display_name or self.username

    @property
    def can_moderate(self) -> bool:
        return self.role in MODERATING


def database() -> BaseDatabaseWrapper:
    """Return the wrapper itself, because `django.db.connection` is a proxy that looks it up on each access."""
    return connections[DEFAULT_DB_ALIAS]


@cache
def table(model: type[Model]) -> str:
    """Return the quoted name of a model's table."""
    return database().ops.quote_name(model._meta.db_table)


def placeholders(count: int) -> str:
    return ", ".join(["%s"] * count)


def value_rows(columns: int, count: int) -> str:
    return ", ".join([f"({placeholders(columns)})"] * count)


def lock_rooms(room_ids: Iterable[int]) -> dict[int, RoomState]:
    """Lock these rooms until the transaction ends, in order of their ids, so that processes cannot deadlock."""
    ids = sorted(set(room_ids))
    lock = "FOR UPDATE" if database().features.has_select_for_update else ""  # SQLite locks the whole database
    sql = (
        "SELECT id, kind, archived_at IS NOT NULL, is_read_only, slow_seconds, last_seq, version "  # noqa: S608
        f"FROM {table(Room)} "
        f"WHERE id IN ({placeholders(len(ids))}) ORDER BY id {lock}"
    )
    with database().cursor() as cursor:
        cursor.execute(sql, ids)
        return {row[0]: RoomState(*row) for row in cursor.fetchall()}


def find_posters(keys: Iterable[MemberKey]) -> dict[MemberKey, Poster]:
    """Return the members among `keys` whose accounts are active."""
    wanted = sorted(set(keys))
    columns = ", ".join(f"person.{column}" for column in PUBLIC_COLUMNS)
    sql = (
        f"WITH wanted (user_id, room_id) AS (VALUES {value_rows(2, len(wanted))}) "  # noqa: S608
        f"SELECT member.room_id, {columns}, member.role FROM wanted "
        f"JOIN {table(Membership)} member ON member.user_id = wanted.user_id AND member.room_id = wanted.room_id "
        f"JOIN {table(User)} person ON person.id = member.user_id WHERE person.is_active"
    )
    with database().cursor() as cursor:
        cursor.execute(sql, [number for key in wanted for number in key])
        posters = [(room_id, Poster(*values)) for room_id, *values in cursor.fetchall()]
    return {(poster.pk, room_id): poster for room_id, poster in posters}


def store_rooms(rooms: Iterable[RoomState]) -> None:
    """Store the last sequence numbers, versions and times of rooms that the caller has locked."""
    sql = f"UPDATE {table(Room)} SET last_seq = %s, version = %s, last_at = %s WHERE id = %s"  # noqa: S608
    prepare = Room._meta.get_field("last_at").get_db_prep_save
    changes = [(room.last_seq, room.version, prepare(room.last_at, database()), room.pk) for room in rooms]
    with database().cursor() as cursor:
        cursor.executemany(sql, changes)


def store_read_markers(seqs: Mapping[MemberKey, int]) -> None:
    """Move read markers forward, never backwards."""
    sql = (
        f"UPDATE {table(Membership)} SET last_read_seq = %s "  # noqa: S608
        "WHERE user_id = %s AND room_id = %s AND last_read_seq < %s"
    )
    with database().cursor() as cursor:
        cursor.executemany(sql, [(seq, user, room, seq) for (user, room), seq in sorted(seqs.items())])
