"""Reads the rooms of users for pages and sockets, in two statements for up to 500 users and rooms."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from accounts.models import Block, User
from accounts.sql import Condition, aware, batched, fetch, placeholders, table, time_value
from rooms.models import CONVERSATIONS, MODERATING, Ban, Membership, Room, RoomSection


class MembershipRow(NamedTuple):
    """The columns of a membership that its user sees."""

    user_id: int
    room_id: int
    role: str
    last_read_seq: int
    marked_unread_at: datetime | None
    cleared_seq: int
    is_muted: bool
    is_favorite: bool
    closed_seq: int | None
    section_id: int | None
    is_new: bool
    notification_level: str

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
    last_event: int
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
    def is_conversation(self) -> bool:
        return self.kind in CONVERSATIONS

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


def read_memberships(user_ids: Iterable[int]) -> list[MembershipRow]:
    """Return the users' memberships, each user's ordered by room, like `Membership.objects.visible()`."""
    found: list[MembershipRow] = []
    for ids in batched(user_ids):
        sql = (
            "SELECT member.user_id, member.room_id, member.role, member.last_read_seq, "  # noqa: S608
            "member.marked_unread_at, member.cleared_seq, member.is_muted, member.is_favorite, member.closed_seq, "
            "member.section_id, member.is_new, member.notification_level "
            f"FROM {table(Membership)} member JOIN {table(Room)} room ON room.id = member.room_id "
            f"WHERE member.user_id IN ({placeholders(len(ids))}) AND NOT (room.kind = %s AND EXISTS ("
            f"SELECT 1 FROM {table(Block)} block JOIN {table(Membership)} other "
            "ON other.user_id = block.blocked_id AND other.room_id = member.room_id "
            "WHERE block.blocker_id = member.user_id)) ORDER BY member.room_id"
        )
        rows = [MembershipRow(*row) for row in fetch(sql, [*ids, Room.Kind.DIRECT.value])]
        found += [row._replace(marked_unread_at=aware(row.marked_unread_at)) for row in rows]
    return found


def read_rooms(room_ids: Iterable[int]) -> dict[int, RoomRow]:
    """Return rooms by id."""
    found: dict[int, RoomRow] = {}
    for ids in batched(set(room_ids)):
        sql = (
            "SELECT id, kind, name, slug, topic, version, revision, last_event, last_seq, archived_at, "  # noqa: S608
            f"is_default, is_read_only, slow_seconds, last_at FROM {table(Room)} WHERE id IN ({placeholders(len(ids))})"
        )
        for row in fetch(sql, ids):
            room = RoomRow(*row)
            found[room.pk] = room._replace(archived_at=aware(room.archived_at), last_at=aware(room.last_at))
    return found


def is_visible_to(user: User) -> Condition:
    """Return the condition of `Room.objects.visible_to()`, on a `room` and the `member` row of the user, if any."""
    own, public = _is_own(user), _is_public(user)
    return Condition(f"{own.sql} OR {public.sql}", [*own.values, *public.values])


def visible_room_ids(user: User, *, limit: int) -> list[int]:
    """Return the ids of up to `limit` rooms that the user may see."""
    is_visible = is_visible_to(user)
    sql = (
        f"SELECT room.id FROM {table(Room)} room LEFT JOIN {table(Membership)} member "  # noqa: S608
        f"ON member.room_id = room.id AND member.user_id = %s WHERE {is_visible.sql} LIMIT %s"
    )
    return [pk for (pk,) in fetch(sql, [user.pk, *is_visible.values, limit])]


def read_sections(user_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the users' own sections in their order, serialized. Users without any are missing."""
    found: dict[int, list[dict[str, Any]]] = {}
    for ids in batched(user_ids):
        for section in RoomSection.objects.filter(user__in=ids).values_list("user", "pk", "name"):
            user_id, pk, name = section
            found.setdefault(user_id, []).append({"id": pk, "name": name})
    return found


def _is_own(user: User) -> Condition:
    blocked_ids = user.blocked_ids
    if not blocked_ids:
        return Condition("member.id IS NOT NULL")
    sql = (
        f"member.id IS NOT NULL AND NOT (room.kind = %s AND EXISTS (SELECT 1 FROM {table(Membership)} other "  # noqa: S608
        f"WHERE other.room_id = room.id AND other.user_id IN ({placeholders(len(blocked_ids))})))"
    )
    return Condition(sql, [Room.Kind.DIRECT.value, *blocked_ids])


def _is_public(user: User) -> Condition:
    if user.is_bot:  # only sees rooms to which it was added
        return Condition("FALSE")
    if user.is_superuser:  # bans from before they became a superuser don't apply
        return Condition("room.kind = %s", [Room.Kind.PUBLIC.value])
    sql = (
        f"room.kind = %s AND NOT EXISTS (SELECT 1 FROM {table(Ban)} ban "  # noqa: S608
        "WHERE ban.room_id = room.id AND ban.user_id = %s AND (ban.until IS NULL OR ban.until > %s))"
    )
    return Condition(sql, [Room.Kind.PUBLIC.value, user.pk, time_value(timezone.now())])
