"""Reads, locks and stores the state of rooms and their members in bulk.

The SQL is written by hand because every post runs it (see `accounts.sql`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from accounts.bulk_sql import update_rows
from accounts.models import Person, User, public_columns
from accounts.sql import database, fetch, placeholders, table, time_value, value_rows
from rooms.models import MODERATING, Membership, Room

MemberKey = tuple[int, int]  # the ids of a user and a room

_MEMBER = {"user_id": "bigint", "room_id": "bigint"}


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
    shows_link_previews: bool = False
    last_at: datetime | None = None


class Poster(NamedTuple):
    """An active member with their role. They have cleared the messages up to `cleared_seq` from their history."""

    user: Person
    role: str
    cleared_seq: int

    @property
    def can_moderate(self) -> bool:
        return self.role in MODERATING


def lock_rooms(room_ids: Iterable[int]) -> dict[int, RoomState]:
    """Lock these rooms until the transaction ends, in order of their ids, so that processes cannot deadlock."""
    ids = sorted(set(room_ids))
    lock = "FOR UPDATE" if database().features.has_select_for_update else ""  # SQLite locks the whole database
    sql = (
        "SELECT id, kind, archived_at IS NOT NULL, is_read_only, slow_seconds, last_seq, version, "  # noqa: S608
        f"shows_link_previews FROM {table(Room)} "
        f"WHERE id IN ({placeholders(len(ids))}) ORDER BY id {lock}"
    )
    return {row[0]: RoomState(*row) for row in fetch(sql, ids)}


def find_posters(keys: Iterable[MemberKey]) -> dict[MemberKey, Poster]:
    """Return the members among `keys` whose accounts are active."""
    wanted = sorted(set(keys))
    sql = (
        f"WITH wanted (user_id, room_id) AS (VALUES {value_rows(2, len(wanted))}) "  # noqa: S608
        f"SELECT member.room_id, member.role, member.cleared_seq, {public_columns('person')} FROM wanted "
        f"JOIN {table(Membership)} member ON member.user_id = wanted.user_id AND member.room_id = wanted.room_id "
        f"JOIN {table(User)} person ON person.id = member.user_id WHERE person.is_active"
    )
    found = fetch(sql, [number for key in wanted for number in key])
    posters = [(room_id, Poster(Person(*person), role, cleared)) for room_id, role, cleared, *person in found]
    return {(poster.user.pk, room_id): poster for room_id, poster in posters}


def find_guests(keys: Iterable[MemberKey]) -> dict[MemberKey, Poster]:
    """Return those among `keys` whose accounts are active as if they were members, with a query if there are any."""
    wanted = sorted(set(keys))
    ids = sorted({user_id for user_id, _room_id in wanted})
    if not ids:
        return {}
    sql = (
        f"SELECT {public_columns('person')} FROM {table(User)} person "  # noqa: S608
        f"WHERE person.is_active AND person.id IN ({placeholders(len(ids))})"
    )
    people = {row[0]: Person(*row) for row in fetch(sql, ids)}
    return {(pk, room): Poster(people[pk], Membership.Role.MEMBER, 0) for pk, room in wanted if pk in people}


def store_rooms(rooms: Iterable[RoomState]) -> None:
    """Store the last sequence numbers, versions and times of rooms that the caller has locked."""
    columns = {"last_seq": "bigint", "version": "bigint", "last_at": "timestamptz"}
    rows = [(room.pk, room.last_seq, room.version, time_value(room.last_at)) for room in rooms]
    update_rows(table(Room), {"id": "bigint"}, columns, rows)


def store_versions(rooms: Iterable[RoomState]) -> None:
    """Store the versions of rooms that the caller has locked."""
    update_rows(table(Room), {"id": "bigint"}, {"version": "bigint"}, [(room.pk, room.version) for room in rooms])


def store_read_markers(seqs: Mapping[MemberKey, int]) -> None:
    """Move read markers forward, never backwards."""
    rows = [(user, room, seq) for (user, room), seq in sorted(seqs.items())]
    update_rows(table(Membership), _MEMBER, {"last_read_seq": "bigint"}, rows, growing="last_read_seq")


def lower_read_markers(seqs: Mapping[MemberKey, int], at: datetime) -> None:
    """Move read markers back, because messages were marked as unread at this time."""
    columns = {"last_read_seq": "bigint", "marked_unread_at": "timestamptz"}
    rows = [(user, room, seq, time_value(at)) for (user, room), seq in sorted(seqs.items())]
    update_rows(table(Membership), _MEMBER, columns, rows)
