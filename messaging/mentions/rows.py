"""Stores the rows of a message's mentions. Every action that changes a message calls these functions."""

from collections.abc import Sequence
from typing import Any, Protocol

from accounts.sql import database, table, value_rows
from messaging.mentions.groups import groups_in, reached_by
from messaging.mentions.names import EVERYONE, Mentionable, people_in
from messaging.models import Mention, Message, NewMessage

ROWS_PER_INSERT = 500
COLUMNS = ("message_id", "room_id", "seq", "kind", "user_id", "online")


class HasMentions(Protocol):
    """A message, in any of its forms."""

    @property
    def mentions(self) -> str: ...


def mentioned_ids(message: HasMentions) -> list[int]:
    """Return the ids of the people whom the message mentions by their own names."""
    return people_in(message.mentions)


def mentioned_everyone(message: HasMentions) -> str | None:
    """Return 'room' or 'here' if the message mentions everyone in its room, or everyone who was online."""
    return next((value for value in message.mentions.split() if value in EVERYONE), None)


def serialize_mentions(message: HasMentions) -> dict[str, Any]:
    """Serialize whom a message mentions, as described in docs/protocol.md. Groups have the people whom they reach."""
    if not message.mentions:
        return {"mentions": [], "mentions_all": None, "mentions_groups": []}
    return {
        "mentions": mentioned_ids(message),
        "mentions_all": mentioned_everyone(message),
        "mentions_groups": [{"id": group.group_id, "users": group.user_ids} for group in groups_in(message.mentions)],
    }


def mention_values(message: HasMentions) -> list[str]:
    """Return 'room' or 'here', and the ids of the people whom the message mentions by name or in a group."""
    everyone = mentioned_everyone(message)
    ids = dict.fromkeys([*mentioned_ids(message), *reached_by(groups_in(message.mentions))])
    return [*map(str, ids), *([everyone] if everyone else [])]


def insert_mentions(messages: Sequence[Message | NewMessage], mentionable: Mentionable) -> None:
    """Insert the rows of messages that have been stored and have none yet."""
    rows = [row for message in messages if message.mentions for row in _rows(message, mentionable)]
    columns = ", ".join(COLUMNS)
    for start in range(0, len(rows), ROWS_PER_INSERT):
        some = rows[start : start + ROWS_PER_INSERT]
        sql = f"INSERT INTO {table(Mention)} ({columns}) VALUES {value_rows(len(COLUMNS), len(some))}"  # noqa: S608
        with database().cursor() as cursor:
            cursor.execute(sql, [value for row in some for value in row])


def replace_mentions(message: Message, mentionable: Mentionable) -> None:
    """Store the rows of an edited message. With @here, it still mentions those who were online before."""
    rows = Mention.objects.filter(message=message)
    here = rows.filter(kind=Mention.Kind.HERE)
    online = here.values_list("online", flat=True).first()
    rows.delete()
    insert_mentions([message], mentionable)
    if online is not None:
        here.update(online=online)


def _rows(message: Message | NewMessage, mentionable: Mentionable) -> list[tuple[Any, ...]]:
    place = (message.pk, message.room_id, message.seq)
    rows: list[tuple[Any, ...]] = [(*place, Mention.Kind.PERSON, pk, "") for pk in mentioned_ids(message)]
    if everyone := mentioned_everyone(message):
        online = mentionable.online_in(message.room_id) if everyone == Mention.Kind.HERE else ""
        rows.append((*place, everyone, None, online))
    if reached := reached_by(groups_in(message.mentions)):
        rows.append((*place, Mention.Kind.GROUP, None, f" {' '.join(map(str, reached))} "))
    return rows
