"""Counts unread messages that users aren’t notified of."""

from collections.abc import Collection, Mapping

from accounts.models import Block, Mute
from accounts.sql import fetch, placeholders, table
from messaging.models import Message
from rooms.models import Membership
from rooms.room_state import MemberKey


def count_suppressed_unread(user_ids: Collection[int]) -> Mapping[MemberKey, int]:
    """Count unread messages from users whom each user blocks or mutes, by user and room."""
    if not user_ids:
        return {}
    sql = (
        f"WITH suppressed AS (SELECT blocker_id AS user_id, blocked_id AS other_id FROM {table(Block)} "  # noqa: S608
        f"UNION SELECT user_id, muted_id FROM {table(Mute)}) "
        "SELECT member.user_id, member.room_id, count(*) FROM suppressed "
        f"JOIN {table(Membership)} member ON member.user_id = suppressed.user_id "
        f"JOIN {table(Message)} message ON message.room_id = member.room_id "
        "AND message.sender_id = suppressed.other_id AND message.seq > member.last_read_seq "
        f"WHERE suppressed.user_id IN ({placeholders(len(user_ids))}) GROUP BY member.user_id, member.room_id"
    )
    return {(user_id, room_id): count for user_id, room_id, count in fetch(sql, list(user_ids))}
