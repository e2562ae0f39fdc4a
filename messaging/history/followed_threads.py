"""Finds the threads that users follow, and how much of them they haven't read.

Unread replies aren't stored: they are those by others after the read markers of the room and of the thread. A reply
therefore writes nothing for those who follow the thread, however many they are.
"""

from collections.abc import Collection
from typing import NamedTuple

from accounts.models import Block, Mute, User
from accounts.sql import database, fetch, placeholders, table
from messaging.history.journal import read_messages
from messaging.history.threads import JSON
from messaging.models import Message, MessageRow, ThreadFollow
from rooms.models import Membership, Room

PAGE = 25
MOST_FOLLOWED = 1_000  # of each user, those that they began to follow last
MOST_UNREAD = 100  # replies in one thread


class FollowedThread(NamedTuple):
    """A thread with its first message, its newest reply and the number of unread ones."""

    root: MessageRow
    newest: MessageRow
    unread: int


class FollowedPage(NamedTuple):
    """Followed threads, those with the newest replies first, and the id for the next page, or None."""

    threads: list[FollowedThread]
    next: int | None


def find_followed(user_ids: Collection[int]) -> dict[int, JSON]:
    """Return, for each of these users, the ids of the threads that they follow, and those with unread replies."""
    found: dict[int, JSON] = {user_id: {"followed": [], "unread": []} for user_id in user_ids}
    if not user_ids:
        return found
    sql = (
        f"SELECT follow.user_id, follow.thread_id, follow.room_id, {_count_unread()}, {_last_unread()} "  # noqa: S608
        f"FROM {_follows(len(user_ids))} WHERE {_is_seen()} ORDER BY follow.user_id, follow.thread_id"
    )
    for user_id, thread_id, room_id, unread, last_seq in fetch(sql, list(user_ids)):
        found[user_id]["followed"].append(thread_id)
        if unread:
            each = {"thread": thread_id, "room": room_id, "unread": unread, "last_seq": last_seq}
            found[user_id]["unread"].append(each)
    return found


def read_followed(user: User, *, before: int | None = None) -> FollowedPage:
    """Return a page of the threads that the user follows and still sees."""
    older = ("AND newest.id < %s ", [before]) if before is not None else ("", [])
    sql = (
        f"SELECT follow.thread_id, newest.id, {_count_unread()} FROM {_follows(1)} "  # noqa: S608
        f"JOIN {table(Message)} newest ON newest.room_id = follow.room_id "
        f"AND newest.seq = (SELECT reply.seq FROM {table(Message)} reply WHERE {_REPLY} AND {_not_blocked()} "
        "ORDER BY reply.seq DESC LIMIT 1) "
        f"WHERE {_is_seen()} {older[0]}ORDER BY newest.id DESC LIMIT {PAGE + 1}"
    )
    found = fetch(sql, [user.pk, *older[1]])
    ids = [pk for thread_id, newest_id, _unread in found[:PAGE] for pk in (thread_id, newest_id)]
    messages = {message.pk: message for message in read_messages(ids)}
    threads = [FollowedThread(messages[pk], messages[newest_id], unread) for pk, newest_id, unread in found[:PAGE]]
    return FollowedPage(threads, found[PAGE - 1][1] if len(found) > PAGE else None)


def is_followed_by(user: User, thread_id: int) -> bool:
    return ThreadFollow.objects.filter(user=user, thread=thread_id, is_followed=True).exists()


# -- parts of the statements --------------------------------------------------------------------------

_REPLY = "reply.thread_id = follow.thread_id AND reply.deleted_at IS NULL"


def _follows(users: int) -> str:
    """Return the newest follows of this number of users, joined with what they refer to."""
    newest = (
        "SELECT each.*, ROW_NUMBER() OVER (PARTITION BY each.user_id ORDER BY each.id DESC) AS place "  # noqa: S608
        f"FROM {table(ThreadFollow)} each WHERE each.user_id IN ({placeholders(users)}) AND each.is_followed"
    )
    return (
        f"({newest}) follow "
        f"JOIN {table(Membership)} member ON member.user_id = follow.user_id AND member.room_id = follow.room_id "
        f"JOIN {table(Room)} room ON room.id = follow.room_id "
        f"JOIN {table(Message)} root ON root.id = follow.thread_id AND follow.place <= {MOST_FOLLOWED}"
    )


def _is_seen() -> str:
    """Return the condition that the user sees the thread's room and its first message."""
    peers = (
        f"EXISTS (SELECT 1 FROM {table(Membership)} peer WHERE peer.room_id = room.id AND {_blocks('peer.user_id')})"  # noqa: S608
    )
    return (
        f"root.seq > member.cleared_seq AND NOT {_blocks('root.sender_id')} "
        f"AND NOT (room.kind = '{Room.Kind.DIRECT.value}' AND {peers})"
    )


def _not_blocked() -> str:
    return f"NOT {_blocks('reply.sender_id')}"


def _blocks(person: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM {table(Block)} block "  # noqa: S608
        f"WHERE block.blocker_id = follow.user_id AND block.blocked_id = {person})"
    )


def _unread() -> str:
    """Return the rest of a statement that selects the unread replies of a follow."""
    greatest = "MAX" if database().vendor == "sqlite" else "GREATEST"
    return (
        f"FROM {table(Message)} reply WHERE {_REPLY} "  # noqa: S608
        f"AND reply.seq > {greatest}(member.last_read_seq, member.cleared_seq, follow.read_seq) "
        f"AND reply.sender_id <> follow.user_id AND {_not_blocked()} "
        f"AND NOT EXISTS (SELECT 1 FROM {table(Mute)} mute "
        "WHERE mute.user_id = follow.user_id AND mute.muted_id = reply.sender_id)"
    )


def _count_unread() -> str:
    """Return a column with the number of unread replies. In a room that is read to its end, there are none to count."""
    count = f"(SELECT count(*) FROM (SELECT 1 {_unread()} LIMIT {MOST_UNREAD}) AS found)"  # noqa: S608
    return f"CASE WHEN room.last_seq > member.last_read_seq THEN {count} ELSE 0 END"


def _last_unread() -> str:
    newest = f"(SELECT reply.seq {_unread()} ORDER BY reply.seq DESC LIMIT 1)"
    return f"CASE WHEN room.last_seq > member.last_read_seq THEN {newest} END"
