"""Reads messages: pages of history, and changes since a version.

Every function takes a `viewer`, for whom messages from users they block are excluded; None means everyone in the room.
`floor` is the number of the message up to which the viewer cleared the room's history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.sql import Condition, fetch, placeholders, table, time_value
from messaging.models import Message, MessageRow
from rooms.models import Membership, Room
from rooms.rows import is_visible_to

PAGE = 50
CHANGES = 200
MAX_CHARACTERS = 500_000  # of text and HTML in one page or one set of changes
RESET_AFTER = 2_000  # changes


@dataclass(frozen=True, slots=True)
class Changes:
    """Changed messages in their latest state, ordered by version.

    version: the version up to which the changes are complete.
    more: true if there are later changes, which must be requested from `version` on.
    reset: true if the reader is too far behind, or ahead, and must reload the room.
    """

    messages: list[MessageRow]
    version: int
    more: bool = False
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Messages ordered by number, and whether there are older or newer ones.

    first, last: the range of numbers that the page covers, including messages that the viewer doesn't see.
    """

    messages: list[MessageRow]
    has_older: bool
    has_newer: bool
    first: int
    last: int | None


def floor_of(viewer: User, room_id: int) -> int:
    """Return the number of the message up to which this user cleared the room’s history."""
    return Membership.objects.filter(user=viewer, room=room_id).values_list("cleared_seq", flat=True).first() or 0


def changes_since(
    room_id: int,
    version: int,
    *,
    viewer: User | None,
    newest: int | None = None,
    floor: int = 0,
    limit: int = CHANGES,
) -> Changes:
    """Return messages changed after `version`: up to `limit` of them, or MAX_CHARACTERS, but at least one.

    `newest`: the room's version, if already known.
    """
    if newest is None:
        newest = Room.objects.filter(pk=room_id).values_list("version", flat=True).first() or 0
    if version == newest:
        return Changes([], newest)
    if version > newest or newest - version > RESET_AFTER:
        return Changes([], newest, reset=True)
    # Only up to `newest`, because later changes arrive as events.
    changed = _Selection(room_id, viewer, floor, "message.version > %s AND message.version <= %s", (version, newest))
    found, has_more = changed.take(limit, order="message.version")
    return Changes(found, found[-1].version, more=True) if has_more else Changes(found, newest)


def latest(room_id: int, *, viewer: User | None, floor: int = 0, limit: int = PAGE) -> Page:
    return before(room_id, None, viewer=viewer, floor=floor, limit=limit)


def before(room_id: int, seq: int | None, *, viewer: User | None, floor: int = 0, limit: int = PAGE) -> Page:
    """Return the page that ends just before message `seq`, or with the newest message if `seq` is None."""
    older = ("message.seq < %s", (seq,)) if seq is not None else ()
    found, has_older = _Selection(room_id, viewer, floor, *older).take(limit, order="message.seq DESC")
    first, last = found[-1].seq if has_older else start_of(floor), seq - 1 if seq is not None else None
    return Page(found[::-1], has_older=has_older, has_newer=seq is not None, first=first, last=last)


def after(room_id: int, seq: int, *, viewer: User | None, floor: int = 0, limit: int = PAGE) -> Page:
    """Return the page that begins just after message `seq`."""
    newer = _Selection(room_id, viewer, floor, "message.seq > %s", (seq,))
    found, has_newer = newer.take(limit, order="message.seq")
    first, last = max(seq, start_of(floor)), found[-1].seq if has_newer else None
    return Page(found, has_older=seq > floor, has_newer=has_newer, first=first, last=last)


def around(room_id: int, seq: int, *, viewer: User | None, floor: int = 0, limit: int = PAGE) -> Page:
    """Return the page with message `seq` in the middle."""
    older = before(room_id, seq, viewer=viewer, floor=floor, limit=limit // 2)
    newer = after(room_id, seq - 1, viewer=viewer, floor=floor, limit=limit - len(older.messages))
    messages = [*older.messages, *newer.messages]
    return Page(messages, older.has_older, newer.has_newer, older.first, newer.last)


def first_since(room: Room, at: datetime, *, viewer: User | None, floor: int = 0) -> int | None:
    """Return the number of the first message posted at this time or later, or None.

    This is a binary search, because a room's numbers have no gaps and messages are numbered in the order of their
    times. An index on the times would slow down every post.
    """
    rows = fetch(
        "WITH RECURSIVE search (low, high) AS ("  # noqa: S608
        "SELECT CAST(%s AS BIGINT), CAST(%s AS BIGINT) UNION ALL "
        "SELECT CASE WHEN message.created_at < %s THEN message.seq + 1 ELSE low END, "
        "CASE WHEN message.created_at < %s THEN high ELSE message.seq END "
        f"FROM search JOIN {table(Message)} message ON message.room_id = %s AND message.seq = (low + high) / 2 "
        "WHERE low < high"
        ") SELECT MAX(low) FROM search",
        (floor + 1, room.last_seq + 1, time_value(at), time_value(at), room.pk),
    )
    shown = _Selection(room.pk, viewer, floor, "message.seq >= %s", (rows[0][0],)).read(order="message.seq", limit=1)
    return shown[0].seq if shown else None


def pinned(room_id: int, *, viewer: User | None, floor: int = 0) -> list[MessageRow]:
    """Return the room's pinned messages, with the most recently pinned first."""
    messages = _Selection(room_id, viewer, floor, "message.pinned_at IS NOT NULL")
    return messages.read(order="message.pinned_at DESC, message.seq DESC")


def find_senders(
    room_id: int, seqs: Sequence[int], *, viewer: User | None, floor: int = 0
) -> dict[int, tuple[int, int]]:
    """Return the id and the sender's id of these messages by their numbers, without those that are deleted."""
    named = _Selection(
        room_id, viewer, floor, f"message.seq IN ({placeholders(len(seqs))}) AND message.deleted_at IS NULL", seqs
    )
    return {seq: (pk, sender_id) for seq, pk, sender_id in named.columns("seq", "id", "sender_id")}


def find_message(room_id: int, message_id: int, *, viewer: User | None, floor: int = 0) -> MessageRow | None:
    """Return a message of the room, even if it is deleted, or None if the viewer doesn't see it."""
    found = _Selection(room_id, viewer, floor, "message.id = %s", (message_id,)).read(order="message.id")
    return found[0] if found else None


def among(room_id: int, message_ids: Sequence[int], *, viewer: User | None, floor: int = 0) -> list[int]:
    """Return the ids of those of these messages that are in the room and that the viewer sees, even if deleted."""
    if not message_ids:
        return []
    named = _Selection(room_id, viewer, floor, f"message.id IN ({placeholders(len(message_ids))})", message_ids)
    return [pk for (pk,) in named.columns("id")]


def replies(
    room_id: int, thread_id: int, seq: int | None, *, viewer: User | None, floor: int = 0, limit: int = PAGE
) -> tuple[list[MessageRow], bool]:
    """Return the replies of a thread before message `seq`, or the newest if it is None, and whether there are more."""
    values: list[object] = [thread_id, room_id, thread_id]
    condition = (
        "message.thread_id = %s AND message.deleted_at IS NULL "  # noqa: S608
        f"AND EXISTS (SELECT 1 FROM {table(Message)} root WHERE root.room_id = %s AND root.id = %s)"
    )
    if seq is not None:
        condition += " AND message.seq < %s"
        values.append(seq)
    found, has_older = _Selection(None, viewer, floor, condition, values).take(limit, order="message.seq DESC")
    return found[::-1], has_older


class VisibleMessages:
    """The messages of all rooms that the viewer sees: those of `readable_by` and `seen_by`, which a test compares.

    conditions: further conditions on a `message`, its `room` and the viewer's `member`, if they are in it.
    """

    def __init__(self, viewer: User, conditions: Sequence[Condition] = ()) -> None:
        self._viewer_id = viewer.pk
        self._conditions = [is_visible_to(viewer), Condition("message.deleted_at IS NULL"), *conditions]
        self._conditions.append(Condition("member.id IS NULL OR member.cleared_seq < message.seq"))
        if blocked_ids := viewer.blocked_ids:
            condition = f"message.sender_id NOT IN ({placeholders(len(blocked_ids))})"
            self._conditions.append(Condition(condition, tuple(blocked_ids)))

    def among(self, message_ids: Sequence[int]) -> list[int]:
        """Return those of these messages, newest first."""
        conditions = " AND ".join(f"({condition.sql})" for condition in self._conditions)
        sql = (
            f"SELECT message.id FROM {table(Message)} message JOIN {table(Room)} room ON room.id = message.room_id "  # noqa: S608
            f"LEFT JOIN {table(Membership)} member ON member.room_id = message.room_id AND member.user_id = %s "
            f"WHERE message.id IN ({placeholders(len(message_ids))}) AND {conditions} ORDER BY message.id DESC"
        )
        values = [value for condition in self._conditions for value in condition.values]
        return [pk for (pk,) in fetch(sql, [self._viewer_id, *message_ids, *values])]


def read_messages(message_ids: Sequence[int]) -> list[MessageRow]:
    """Return messages that are known to be visible, newest first."""
    if not message_ids:
        return []
    condition = f"message.id IN ({placeholders(len(message_ids))})"
    return MessageRow.read(condition, message_ids, order="message.id DESC")


def start_of(floor: int) -> int:
    """Return the first number that isn't cleared, or 0, to include room events from before the first message."""
    return floor + 1 if floor else 0


class _Selection:
    """The messages of a room that the viewer sees and that fulfil an SQL condition.

    room_id: None if the condition implies the room. Otherwise, PostgreSQL might read all messages of a large room.
    """

    def __init__(
        self, room_id: int | None, viewer: User | None, floor: int, condition: str = "", values: Sequence[object] = ()
    ) -> None:
        self._conditions: list[str] = []
        self._values: list[object] = []
        if room_id is not None:
            self._conditions.append("message.room_id = %s")
            self._values.append(room_id)
        self._values += values
        if condition:
            self._conditions.append(condition)
        if floor:
            self._conditions.append("message.seq > %s")
            self._values.append(floor)
        if viewer is not None and viewer.blocked_ids:
            self._conditions.append(f"message.sender_id NOT IN ({placeholders(len(viewer.blocked_ids))})")
            self._values += viewer.blocked_ids

    def columns(self, *names: str) -> list[tuple[Any, ...]]:
        columns = ", ".join(f"message.{name}" for name in names)
        sql = f"SELECT {columns} FROM {table(Message)} message WHERE {' AND '.join(self._conditions)}"  # noqa: S608
        return fetch(sql, self._values)

    def read(self, *, order: str, limit: int | None = None) -> list[MessageRow]:
        return MessageRow.read(" AND ".join(self._conditions), self._values, order=order, limit=limit)

    def take(self, limit: int, *, order: str) -> tuple[list[MessageRow], bool]:
        """Return the first messages within both limits, but at least one, and a flag that is true if there are more."""
        found = self.read(order=order, limit=limit + 1)
        size = 0
        for index, message in enumerate(found):
            size += len(message.body) + len(message.html)
            if index == limit or (index and size > MAX_CHARACTERS):
                return found[:index], True
        return found, False
