"""Finds the threads of replies: of new ones at once, and of those from before an upgrade in the background.

That is done in pieces, each in a short transaction, so that posting continues. The index of replies without a thread
says what is left, so it resumes after a restart.
"""

from django.db import transaction

from accounts.sql import execute_many, fetch, placeholders, table
from live.db_threads import in_writing_thread
from messaging.models import Message
from rooms.room_state import lock_rooms

PIECE = 200  # replies per transaction

_IS_LEFT = "reply_to_id IS NOT NULL AND thread_id IS NULL"  # as in the index


def thread_of_reply_to(target: Message) -> int | None:
    """Return the id of the thread that replies to this message belong to, or None if that isn't known yet."""
    if target.thread_id is not None:
        return target.thread_id
    return target.pk if target.reply_to_id is None else None


@transaction.atomic
def find_piece() -> bool:
    """Store the threads of the oldest replies that have none. Return False if there are none."""
    found = fetch(f"SELECT id, room_id FROM {table(Message)} WHERE {_IS_LEFT} ORDER BY id LIMIT {PIECE}", ())  # noqa: S608
    if not found:
        return False
    lock_rooms(room_id for _, room_id in found)  # so that none of them is being edited, which stores all of its fields
    _store_threads([pk for pk, _ in found])
    return True


def _store_threads(message_ids: list[int]) -> None:
    sql = (
        "SELECT reply.id, target.id, target.thread_id, target.reply_to_id IS NULL "  # noqa: S608
        f"FROM {table(Message)} reply JOIN {table(Message)} target ON target.id = reply.reply_to_id "
        f"WHERE reply.thread_id IS NULL AND reply.id IN ({placeholders(len(message_ids))}) ORDER BY reply.id"
    )
    threads: dict[int, int] = {}
    for pk, target_id, target_thread_id, is_root in fetch(sql, message_ids):
        # The target is older, so its thread is stored or found in this piece.
        thread_id = target_thread_id or (target_id if is_root else threads.get(target_id))
        threads[pk] = thread_id or target_id
    rows = [(thread_id, pk) for pk, thread_id in threads.items()]
    execute_many(f"UPDATE {table(Message)} SET thread_id = %s WHERE id = %s", rows)  # noqa: S608


async def work() -> bool:
    """Do the next piece of work, or return False if there is none. The processes take turns by locking the rooms."""
    return await in_writing_thread(has_work) and bool(await in_writing_thread(find_piece))


def has_work() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return bool(fetch(f"SELECT 1 FROM {table(Message)} WHERE {_IS_LEFT} LIMIT 1", ()))  # noqa: S608
