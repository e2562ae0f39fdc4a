"""Finds the mentions that users haven't read."""

from collections.abc import Collection, Mapping

from accounts.models import Block, Mute
from accounts.sql import fetch, placeholders, table
from messaging.models import Mention, Message
from rooms.models import Membership
from rooms.room_state import MemberKey

MOST = 100  # in each room, the newest


def find_unread_mentions(user_ids: Collection[int]) -> Mapping[MemberKey, list[int]]:
    """Return the numbers of unread messages that mention each user, by user and room.

    Messages from people whom they block or mute don't count, nor do those that they cleared from their history.
    """
    if not user_ids:
        return {}
    sql = (
        "SELECT user_id, room_id, seq FROM ("  # noqa: S608
        "SELECT member.user_id, member.room_id, mention.seq, ROW_NUMBER() OVER ("
        "PARTITION BY member.user_id, member.room_id ORDER BY mention.seq DESC) AS place "
        f"FROM {table(Membership)} member "
        f"JOIN {table(Mention)} mention ON mention.user_id = member.user_id AND mention.room_id = member.room_id "
        "AND mention.seq > member.last_read_seq AND mention.seq > member.cleared_seq "
        f"JOIN {table(Message)} message ON message.id = mention.message_id AND message.sender_id <> member.user_id "
        f"WHERE member.user_id IN ({placeholders(len(user_ids))}) "
        f"AND NOT EXISTS (SELECT 1 FROM {table(Block)} block "
        "WHERE block.blocker_id = member.user_id AND block.blocked_id = message.sender_id) "
        f"AND NOT EXISTS (SELECT 1 FROM {table(Mute)} mute "
        "WHERE mute.user_id = member.user_id AND mute.muted_id = message.sender_id)"
        ") unread WHERE place <= %s ORDER BY user_id, room_id, seq"
    )
    found: dict[MemberKey, list[int]] = {}
    for user_id, room_id, seq in fetch(sql, [*user_ids, MOST]):
        found.setdefault((user_id, room_id), []).append(seq)
    return found
