"""Mentions that edits add to messages which those mentioned have already read."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from accounts.models import Block, Mute, User
from accounts.sql import batched, fetch, placeholders, table
from messaging.mentions.groups import groups_in, reached_by
from messaging.mentions.names import EVERYONE, Mentionable, people_in
from messaging.mentions.unread import BY_EVERYONE, BY_NAME
from messaging.models import AddedMention, Mention, Message
from rooms.models import Membership

_AS_EVERYONE = "NOT member.is_muted AND member.joined_at <= message.created_at"
_MENTIONED = (
    f"EXISTS (SELECT 1 FROM {table(Mention)} mention "  # noqa: S608
    f"WHERE mention.message_id = message.id AND ({BY_NAME} OR {BY_EVERYONE}))"
)


class Mentioned(NamedTuple):
    """The ids of the people whom a message mentions by name or in groups, and whether it mentions everyone, and how."""

    people: frozenset[int]
    everyone: str = ""

    @classmethod
    def of(cls, mentions: str) -> "Mentioned":
        everyone = next((value for value in mentions.split() if value in EVERYONE), "")
        return cls(frozenset([*people_in(mentions), *reached_by(groups_in(mentions))]), everyone)

    def without(self, earlier: "Mentioned") -> "Mentioned":
        """Return those whom the message hasn't mentioned before."""
        return Mentioned(self.people - earlier.people, "" if earlier.everyone else self.everyone)

    def __bool__(self) -> bool:
        return bool(self.people or self.everyone)


def replace_added(message: Message, added: Mentioned, mentionable: Mentionable) -> list[int]:
    """Store the mentions that an edit adds for those who have read the message, and delete those that it removes.

    Return the ids of the people for whom the message is now an unread mention, and wasn't before.
    """
    rows = AddedMention.objects.filter(message=message)
    current = Mentioned.of(message.mentions)
    if not current.everyone:
        rows.exclude(user__in=current.people).delete()
    found = _insert_for(message, added.people)  # also in rooms that they mute, as for other mentions
    if added.everyone:
        online = mentionable.online[message.room_id] if added.everyone == Mention.Kind.HERE else None
        found += _insert_of(message, _AS_EVERYONE) if online is None else _insert_for(message, online, _AS_EVERYONE)
    return found


def restore_added(user_id: int, room_id: int, seqs: Sequence[int]) -> list[int]:
    """Store mentions again that the user has read. Return the numbers of the messages that do mention them.

    The read marker must still be where it was when they were read, or further.
    """
    mine = (
        f"{_MENTIONED} AND member.user_id = %s AND message.room_id = %s AND message.seq IN ({placeholders(len(seqs))})"
    )
    return sorted(seq for _user_id, seq in _insert(mine, [user_id, room_id, *seqs])) if seqs else []


def _insert_for(message: Message, user_ids: Collection[int], condition: str = "TRUE") -> list[int]:
    return [
        user_id
        for ids in batched(user_ids)
        for user_id in _insert_of(message, f"{condition} AND member.user_id IN ({placeholders(len(ids))})", ids)
    ]


def _insert_of(message: Message, condition: str, values: Sequence[int] = ()) -> list[int]:
    return [user_id for user_id, _seq in _insert(f"message.id = %s AND {condition}", [message.pk, *values])]


def _insert(condition: str, values: Sequence[int]) -> list[tuple[int, int]]:
    """Store messages for those members who have read them and fulfill the condition. Return members and numbers."""
    sql = (
        f"INSERT INTO {table(AddedMention)} (user_id, message_id, room_id, seq) "  # noqa: S608
        "SELECT member.user_id, message.id, message.room_id, message.seq "
        f"FROM {table(Message)} message JOIN {table(Membership)} member ON member.room_id = message.room_id "
        f"JOIN {table(User)} person ON person.id = member.user_id AND person.is_active "
        "WHERE message.seq <= member.last_read_seq AND message.seq > member.cleared_seq "
        f"AND member.user_id <> message.sender_id AND {condition} "
        f"AND NOT EXISTS (SELECT 1 FROM {table(Block)} block "
        "WHERE block.blocker_id = member.user_id AND block.blocked_id = message.sender_id) "
        f"AND NOT EXISTS (SELECT 1 FROM {table(Mute)} mute "
        "WHERE mute.user_id = member.user_id AND mute.muted_id = message.sender_id) "
        "ON CONFLICT (user_id, message_id) DO NOTHING RETURNING user_id, seq"
    )
    return [(user_id, seq) for user_id, seq in fetch(sql, values)]
