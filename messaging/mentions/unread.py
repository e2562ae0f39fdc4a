"""Finds the mentions that users haven't read."""

from collections.abc import Collection, Mapping

from accounts.models import Block, Mute
from accounts.sql import fetch, placeholders, table
from messaging.models import AddedMention, Mention, Message
from rooms.models import Membership
from rooms.room_state import MemberKey

MOST = 100  # in each room, the newest

BY_NAME = "mention.user_id = member.user_id"
BY_EVERYONE = (
    f"mention.user_id IS NULL AND (mention.kind = '{Mention.Kind.GROUP.value}' OR NOT member.is_muted) "
    "AND (mention.online = '' OR mention.online LIKE '%% ' || CAST(member.user_id AS VARCHAR(20)) || ' %%')"
)


def find_unread_mentions(user_ids: Collection[int]) -> Mapping[MemberKey, list[int]]:
    """Return the numbers of unread messages that mention each user, by user and room.

    Mentions that edits added are unread until the user has seen them, however far they have read the room.
    Messages from people whom they block or mute don't count, nor do those that they cleared from their history.
    In rooms that they mute, only mentions by name and of groups count.
    """
    if not user_ids:
        return {}
    unread = (
        "SELECT member.user_id, member.room_id, mention.seq, mention.message_id "  # noqa: S608
        f"FROM {table(Membership)} member JOIN {table(Mention)} mention ON mention.room_id = member.room_id "
        f"AND mention.seq > member.last_read_seq AND mention.seq > member.cleared_seq AND {{}} "
        f"WHERE member.user_id IN ({placeholders(len(user_ids))})"
    )
    added = (
        "SELECT member.user_id, member.room_id, added.seq, added.message_id "  # noqa: S608
        f"FROM {table(Membership)} member JOIN {table(AddedMention)} added ON added.user_id = member.user_id "
        "AND added.room_id = member.room_id AND added.seq > member.cleared_seq "
        f"WHERE member.user_id IN ({placeholders(len(user_ids))})"
    )
    sql = (
        "SELECT user_id, room_id, seq FROM ("  # noqa: S608
        "SELECT unread.user_id, unread.room_id, unread.seq, ROW_NUMBER() OVER ("
        "PARTITION BY unread.user_id, unread.room_id ORDER BY unread.seq DESC) AS place "
        f"FROM ({unread.format(BY_NAME)} UNION {unread.format(BY_EVERYONE)} UNION {added}) unread "
        f"JOIN {table(Message)} message ON message.id = unread.message_id AND message.sender_id <> unread.user_id "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table(Block)} block "
        "WHERE block.blocker_id = unread.user_id AND block.blocked_id = message.sender_id) "
        f"AND NOT EXISTS (SELECT 1 FROM {table(Mute)} mute "
        "WHERE mute.user_id = unread.user_id AND mute.muted_id = message.sender_id)"
        ") numbered WHERE place <= %s ORDER BY user_id, room_id, seq"
    )
    found: dict[MemberKey, list[int]] = {}
    for user_id, room_id, seq in fetch(sql, [*user_ids, *user_ids, *user_ids, MOST]):
        found.setdefault((user_id, room_id), []).append(seq)
    return found
