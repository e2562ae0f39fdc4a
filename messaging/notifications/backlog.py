"""Finds messages that haven't been looked through for notifications, and notes those that have.

Posting writes nothing for this. A room's numbers have no gaps, and are stored in the order of the commits, so a single
number says which of its messages are left, however many are posted meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from accounts.sql import aware, database, execute_many, fetch, placeholders, table, value_rows
from messaging.models import Message, NotificationJob, NotifiedRoom
from rooms.models import Room

ROOMS = 100  # looked through in one transaction
MESSAGES = 500


class NewMessage(NamedTuple):
    """A message with what decides whom it concerns. `replied_to`: the author of the message that it replies to.

    edited_at: when it was last edited, or None.
    """

    pk: int
    room_id: int
    seq: int
    sender_id: int
    at: datetime
    edited_at: datetime | None
    mentions: str
    thread_id: int | None
    replied_to: int | None
    is_deleted: bool


class _Waiting(NamedTuple):
    """The messages of a room after one number and up to another, which is first that of its last message."""

    room_id: int
    done_seq: int
    last_seq: int

    @property
    def size(self) -> int:
        return self.last_seq - self.done_seq


def is_any_left() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return bool(_waiting_rooms(1)) or NotificationJob.objects.exists()


def take_messages() -> list[NewMessage]:
    """Return some of the messages that are left, in order, and note in the same transaction that they aren't anymore.

    No other process returns them, unless the transaction is rolled back.
    """
    rooms = _share(_lock(_waiting_rooms(ROOMS)))
    if not rooms:
        return []
    messages = _read(rooms)
    _note(rooms)
    return messages


def read_message(message_id: int) -> NewMessage:
    [message] = _fetch("message.id = %s", [message_id])
    return message


def _waiting_rooms(limit: int) -> list[int]:
    """Return the ids of rooms with messages that are left, those first that have been waiting for longest."""
    sql = (
        f"SELECT room.id FROM {table(Room)} room "  # noqa: S608
        f"LEFT JOIN {table(NotifiedRoom)} notified ON notified.room_id = room.id "
        f"WHERE room.last_seq > COALESCE(notified.seq, 0) ORDER BY room.last_at LIMIT {limit:d}"
    )
    return [room_id for (room_id,) in fetch(sql, ())]


def _lock(room_ids: Sequence[int]) -> list[_Waiting]:
    """Lock the rooms that no other process is looking through, and return those that still have messages left."""
    if not room_ids:
        return []
    insert = (
        f"INSERT INTO {table(NotifiedRoom)} (room_id, seq) VALUES {value_rows(2, len(room_ids))} "  # noqa: S608
        "ON CONFLICT (room_id) DO NOTHING"
    )
    with database().cursor() as cursor:
        cursor.execute(insert, [value for room_id in sorted(room_ids) for value in (room_id, 0)])
    lock = "FOR UPDATE OF notified SKIP LOCKED" if database().features.has_select_for_update else ""
    sql = (
        "SELECT notified.room_id, notified.seq, room.last_seq "  # noqa: S608
        f"FROM {table(NotifiedRoom)} notified JOIN {table(Room)} room ON room.id = notified.room_id "
        f"WHERE notified.room_id IN ({placeholders(len(room_ids))}) AND room.last_seq > notified.seq "
        f"ORDER BY notified.room_id {lock}"
    )
    return [_Waiting(*row) for row in fetch(sql, room_ids)]


def _share(rooms: Sequence[_Waiting]) -> list[_Waiting]:
    """Return the first of these messages in each room, at most MESSAGES. One with many doesn't hold up others.

    Numbers have no gaps, so the messages to read are known exactly. With a LIMIT instead, the database would first read
    and sort all that are left, of which there may be a million after an import.
    """
    shared, left = [], MESSAGES
    by_count = sorted(rooms, key=lambda room: room.size)
    for index, room in enumerate(by_count):
        share = min(room.size, left // (len(by_count) - index))
        left -= share
        if share:
            shared.append(room._replace(last_seq=room.done_seq + share))
    return shared


def _read(rooms: Sequence[_Waiting]) -> list[NewMessage]:
    """Return these messages, in the order of the rooms and of their numbers."""
    condition = " OR ".join(["(message.room_id = %s AND message.seq > %s AND message.seq <= %s)"] * len(rooms))
    return _fetch(condition, [value for room in rooms for value in room])


def _fetch(condition: str, values: Sequence[object]) -> list[NewMessage]:
    sql = (
        "SELECT message.id, message.room_id, message.seq, message.sender_id, message.created_at, "  # noqa: S608
        "message.edited_at, message.mentions, message.thread_id, quoted.sender_id, message.deleted_at IS NOT NULL "
        f"FROM {table(Message)} message LEFT JOIN {table(Message)} quoted ON quoted.id = message.reply_to_id "
        f"WHERE {condition} ORDER BY message.room_id, message.seq"
    )
    return [
        NewMessage(pk, room, seq, sender, aware(at), aware(edited), mentions, thread, replied_to, bool(deleted))
        for pk, room, seq, sender, at, edited, mentions, thread, replied_to, deleted in fetch(sql, values)
    ]


def _note(rooms: Sequence[_Waiting]) -> None:
    sql = f"UPDATE {table(NotifiedRoom)} SET seq = %s WHERE room_id = %s"  # noqa: S608
    execute_many(sql, [(room.last_seq, room.room_id) for room in sorted(rooms)])
