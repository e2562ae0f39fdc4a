"""Reads the rooms of users for pages and sockets, in two statements for any number of users."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from accounts.models import Block
from accounts.sql import aware, fetch, placeholders, table
from rooms.models import MODERATING, Membership, Room


class MembershipRow(NamedTuple):
    """The columns of a membership that its user sees."""

    user_id: int
    room_id: int
    role: str
    last_read_seq: int
    cleared_seq: int
    is_muted: bool

    @property
    def can_moderate(self) -> bool:
        return self.role in MODERATING


class RoomRow(NamedTuple):
    """The columns of a room that its members see."""

    pk: int
    kind: str
    name: str
    slug: str
    topic: str
    version: int
    revision: int
    last_seq: int
    archived_at: datetime | None
    is_default: bool
    is_read_only: bool
    slow_seconds: int
    last_at: datetime | None

    @property
    def is_direct(self) -> bool:
        return self.kind == Room.Kind.DIRECT

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


def read_memberships(user_ids: Collection[int]) -> list[MembershipRow]:
    """Return the users' memberships, ordered by room, like `Membership.objects.visible()`."""
    if not user_ids:
        return []
    sql = (
        "SELECT member.user_id, member.room_id, member.role, member.last_read_seq, member.cleared_seq, "  # noqa: S608
        f"member.is_muted FROM {table(Membership)} member JOIN {table(Room)} room ON room.id = member.room_id "
        f"WHERE member.user_id IN ({placeholders(len(user_ids))}) AND NOT (room.kind = %s AND EXISTS ("
        f"SELECT 1 FROM {table(Block)} block JOIN {table(Membership)} other "
        "ON other.user_id = block.blocked_id AND other.room_id = member.room_id "
        "WHERE block.blocker_id = member.user_id)) ORDER BY member.room_id"
    )
    return [MembershipRow(*row) for row in fetch(sql, [*user_ids, Room.Kind.DIRECT.value])]


def read_rooms(room_ids: Iterable[int]) -> dict[int, RoomRow]:
    """Return rooms by id."""
    ids = list(set(room_ids))
    if not ids:
        return {}
    sql = (
        "SELECT id, kind, name, slug, topic, version, revision, last_seq, archived_at, is_default, "  # noqa: S608
        f"is_read_only, slow_seconds, last_at FROM {table(Room)} WHERE id IN ({placeholders(len(ids))})"
    )
    rooms = (RoomRow(*row) for row in fetch(sql, ids))
    return {room.pk: room._replace(archived_at=aware(room.archived_at), last_at=aware(room.last_at)) for room in rooms}
