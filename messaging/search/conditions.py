"""The conditions of a search that the index can't look up.

They are on a `message` and, if the viewer is in its room, their row `member` (see `journal.VisibleMessages`).
"""

from collections.abc import Collection
from datetime import tzinfo

from accounts.models import User
from accounts.sql import Condition, placeholders, table, time_value
from messaging.models import AddedMention, Mention, Reaction, SavedMessage
from messaging.search.dates import Period
from messaging.search.query import Kind

_HAS_ADDED_MENTION = (
    f"EXISTS (SELECT 1 FROM {AddedMention._meta.db_table} added "  # noqa: S608
    "WHERE added.message_id = message.id AND added.user_id = member.user_id)"
)
IS_UNREAD = Condition(
    f"(member.last_read_seq < message.seq OR {_HAS_ADDED_MENTION}) AND message.sender_id <> member.user_id"
)
IS_READ = Condition(f"member.id IS NULL OR (member.last_read_seq >= message.seq AND NOT {_HAS_ADDED_MENTION})")
# As on the page of mentions: with @here, the viewer was online, and with @room, they were in the room.
IS_MENTION = Condition(
    f"message.sender_id <> member.user_id AND EXISTS (SELECT 1 FROM {Mention._meta.db_table} mention "  # noqa: S608
    "WHERE mention.message_id = message.id AND (mention.user_id = member.user_id OR mention.user_id IS NULL "
    f"AND (mention.kind = '{Mention.Kind.GROUP.value}' OR member.joined_at <= message.created_at) "
    "AND (mention.online = '' OR mention.online LIKE '%% ' || CAST(member.user_id AS VARCHAR(20)) || ' %%')))"
)
IS_NO_MENTION = Condition(f"member.id IS NULL OR NOT ({IS_MENTION.sql})")


def is_not_saved_by(user: User) -> Condition:
    saved = f"SELECT 1 FROM {table(SavedMessage)} saved WHERE saved.message_id = message.id AND saved.user_id = %s"  # noqa: S608
    return Condition(f"NOT EXISTS ({saved})", [user.pk])


def has_reactions_except_by(user_ids: Collection[int]) -> Condition:
    sql = (
        f"EXISTS (SELECT 1 FROM {table(Reaction)} reaction WHERE reaction.message_id = message.id "  # noqa: S608
        f"AND reaction.user_id NOT IN ({placeholders(len(user_ids))}))"
    )
    return Condition(sql, [*user_ids])


def is_posted(kind: Kind, period: Period, zone: tzinfo) -> Condition:
    """Return whether a message was posted on, before or after a day or a longer period."""
    first, end = map(time_value, period.times(zone))
    if kind is Kind.ON:
        return Condition("message.created_at >= %s AND message.created_at < %s", [first, end])
    if kind is Kind.BEFORE:
        return Condition("message.created_at < %s", [first])
    return Condition("message.created_at >= %s", [end])
