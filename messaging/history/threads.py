"""Reads threads: a message with all replies to it, and how many there are."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from accounts.models import User
from accounts.sql import aware, fetch, placeholders, table
from messaging.history import journal
from messaging.models import Message, MessageRow
from rooms.serializers import serialize_time

JSON = dict[str, Any]

PAGE = 100
MOST_COUNTED = 1_000  # replies to one message


class ThreadPage(NamedTuple):
    """A thread's first message, or None if the viewer doesn't see it, and replies ordered by number."""

    root: MessageRow | None
    replies: list[MessageRow]
    has_older: bool


def read_thread(
    room_id: int, root_id: int, *, viewer: User, floor: int, before: int | None = None
) -> ThreadPage | None:
    """Return the newest replies of a thread, or those before a number, or None if the viewer sees nothing of it."""
    root = journal.find_message(room_id, root_id, viewer=viewer, floor=floor)
    replies, has_older = journal.replies(room_id, root_id, before, viewer=viewer, floor=floor, limit=PAGE)
    if root is None and not replies and before is None:
        return None
    return ThreadPage(root, replies, has_older)


def thread_of(room_id: int, message_id: int, *, viewer: User, floor: int) -> int | None:
    """Return the id of the thread that a reply belongs to, or None if the message is no reply or isn't seen."""
    message = journal.find_message(room_id, message_id, viewer=viewer, floor=floor)
    return message.thread_id if message is not None else None


def summarize_threads(viewer: User, room_id: int, message_ids: Sequence[int], *, floor: int) -> list[JSON]:
    """Return the number of replies to each of these messages, at most MOST_COUNTED, and the last one, if there are any.

    Only the index is read, however many replies there are.
    """
    if not message_ids:
        return []
    blocked = list(viewer.blocked_ids)
    condition = "reply.thread_id = root.id AND reply.deleted_at IS NULL AND reply.seq > %s"
    if blocked:
        condition += f" AND reply.sender_id NOT IN ({placeholders(len(blocked))})"
    replies = f"FROM {table(Message)} reply WHERE {condition}"
    sql = (
        "SELECT counted.id, counted.replies, counted.last_seq, newest.created_at FROM (SELECT root.id, root.room_id, "  # noqa: S608
        f"(SELECT count(*) FROM (SELECT 1 {replies} LIMIT {MOST_COUNTED}) AS found) AS replies, "
        f"(SELECT reply.seq {replies} ORDER BY reply.seq DESC LIMIT 1) AS last_seq "
        f"FROM {table(Message)} root WHERE root.room_id = %s AND root.id IN ({placeholders(len(message_ids))})"
        ") counted "
        f"JOIN {table(Message)} newest ON newest.room_id = counted.room_id AND newest.seq = counted.last_seq "
        "ORDER BY counted.id"
    )
    values = [floor, *blocked, floor, *blocked, room_id, *message_ids]
    return [
        {"message": pk, "replies": replies, "last_seq": last_seq, "last_at": serialize_time(aware(last_at))}
        for pk, replies, last_seq, last_at in fetch(sql, values)
    ]
