"""Stores a row for each person whom a message mentions. Every action that changes a message calls these functions."""

from collections.abc import Sequence
from typing import Protocol

from accounts.sql import database, table, value_rows
from messaging.models import Mention, Message, NewMessage

ROWS_PER_INSERT = 500


class HasMentions(Protocol):
    """A message, in any of its forms."""

    @property
    def mentions(self) -> str: ...


def mentioned_ids(message: HasMentions) -> list[int]:
    return [int(pk) for pk in message.mentions.split()]


def insert_mentions(messages: Sequence[Message | NewMessage]) -> None:
    """Insert the rows of messages that have been stored and have none yet."""
    mentioning = [message for message in messages if message.mentions]
    rows = [(each.pk, each.room_id, each.seq, user_id) for each in mentioning for user_id in mentioned_ids(each)]
    for start in range(0, len(rows), ROWS_PER_INSERT):
        some = rows[start : start + ROWS_PER_INSERT]
        sql = f"INSERT INTO {table(Mention)} (message_id, room_id, seq, user_id) VALUES {value_rows(4, len(some))}"  # noqa: S608
        with database().cursor() as cursor:
            cursor.execute(sql, [value for row in some for value in row])


def replace_mentions(message: Message) -> None:
    """Store the rows of an edited message."""
    kept = mentioned_ids(message)
    Mention.objects.filter(message=message).exclude(user__in=kept).delete()
    known = set(Mention.objects.filter(message=message).values_list("user", flat=True))
    Mention.objects.bulk_create(
        Mention(message=message, room_id=message.room_id, seq=message.seq, user_id=user_id)
        for user_id in kept
        if user_id not in known
    )
