"""Makes people follow the threads that concern them, when replies are stored."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from accounts.sql import fetch, table, value_rows
from messaging.mentions.names import Mentionable
from messaging.mentions.rows import mentioned_ids
from messaging.models import NewMessage, ThreadFollow

ROWS_PER_INSERT = 500
MAX_LISTED = 100  # replies in one event
COLUMNS = ("user_id", "thread_id", "room_id", "is_followed", "read_seq")

FollowKey = tuple[int, int]  # the ids of a user and a thread


class NewFollow(NamedTuple):
    """A thread that a user begins to follow, with the numbers of the new replies by others and their senders' ids."""

    user_id: int
    thread_id: int
    room_id: int
    seqs: list[int]
    senders: set[int]


def insert_follows(messages: Sequence[NewMessage], mentionable: Mentionable) -> list[NewFollow]:
    """Make the author, those who reply and those mentioned follow the threads of new messages.

    Those who unfollowed a thread don't follow it again. Return who didn't follow them before. This takes one statement
    for each 500 follows, however many messages there are.
    """
    replies = [message for message in messages if message.thread_id is not None]
    rooms: dict[FollowKey, int] = {key: reply.room_id for reply in replies for key in _keys(reply, mentionable)}
    if not rooms:
        return []
    by_thread: dict[int, list[NewMessage]] = {}
    for reply in replies:
        by_thread.setdefault(reply.thread_id or 0, []).append(reply)
    return [_new_follow(key, rooms, by_thread) for key in _insert(rooms)]


def _keys(reply: NewMessage, mentionable: Mentionable) -> Iterator[FollowKey]:
    thread_id, target = reply.thread_id, reply.reply_to
    if thread_id is None or target is None:
        return
    yield reply.sender_id, thread_id
    if target.pk == thread_id and target.sender.is_active:  # other replies come after one to the first message
        yield target.sender_id, thread_id
    if not reply.mentions:
        return
    outsiders = {person.pk for person in mentionable.outsiders(reply.mentions, reply.room_id)}
    yield from ((pk, thread_id) for pk in mentioned_ids(reply) if pk not in outsiders)


def _insert(rooms: Mapping[FollowKey, int]) -> list[FollowKey]:
    """Insert rows in the order of their keys, so that processes don't deadlock. Return those that weren't there."""
    rows = [(user_id, thread_id, rooms[user_id, thread_id], True, 0) for user_id, thread_id in sorted(rooms)]
    added: list[FollowKey] = []
    for start in range(0, len(rows), ROWS_PER_INSERT):
        some = rows[start : start + ROWS_PER_INSERT]
        sql = (
            f"INSERT INTO {table(ThreadFollow)} ({', '.join(COLUMNS)}) VALUES {value_rows(len(COLUMNS), len(some))} "  # noqa: S608
            "ON CONFLICT (user_id, thread_id) DO NOTHING RETURNING user_id, thread_id"
        )
        added += [(user_id, thread_id) for user_id, thread_id in fetch(sql, [value for row in some for value in row])]
    return added


def _new_follow(
    key: FollowKey, rooms: Mapping[FollowKey, int], by_thread: Mapping[int, Sequence[NewMessage]]
) -> NewFollow:
    user_id, thread_id = key
    others = [reply for reply in by_thread[thread_id] if reply.sender_id != user_id][:MAX_LISTED]
    seqs = [reply.seq for reply in others]
    return NewFollow(user_id, thread_id, rooms[key], seqs, {reply.sender_id for reply in others})
