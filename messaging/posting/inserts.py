"""Statements that find, insert and store many messages in bulk.

They are written by hand (see `accounts.sql`): `bulk_create` resolves each field of each row as an expression.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import OuterRef, Subquery

from accounts.bulk_sql import insert_rows
from accounts.sql import database, execute_many, fetch, table, time_value, uuid_value, value_rows
from messaging.models import Message, NewMessage
from rooms.models import Membership
from rooms.room_state import MemberKey

# The columns of a new message, with PostgreSQL's types. The others are null.
COLUMNS = {
    **dict.fromkeys(("room_id", "seq", "version", "sender_id"), "bigint"),
    "client_id": "uuid",
    **dict.fromkeys(("body", "html", "excerpt", "files", "reactions", "mentions", "previews"), "text"),
    "fingerprint": "bytea",
    **dict.fromkeys(("reply_to_id", "thread_id"), "bigint"),
    "created_at": "timestamptz",
    "alias": "text",
}

PostKey = tuple[int, UUID]  # a sender's id and the client_id of the post


def find_stored(keys: Iterable[PostKey]) -> dict[PostKey, Message | NewMessage]:
    """Return the stored messages with these keys."""
    values = [value for sender_id, client_id in keys for value in (sender_id, uuid_value(client_id))]
    sql = (
        f"WITH wanted (sender_id, client_id) AS (VALUES {value_rows(2, len(values) // 2)}) "  # noqa: S608
        f"SELECT message.id FROM wanted JOIN {table(Message)} message "
        "ON message.sender_id = wanted.sender_id AND message.client_id = wanted.client_id"
    )
    ids = [pk for (pk,) in fetch(sql, values)]
    found = Message.objects.complete().filter(pk__in=ids) if ids else ()
    return {(message.sender_id, message.client_id): message for message in found}


def last_posted_at(keys: Collection[MemberKey]) -> dict[MemberKey, datetime]:
    """Return the time at which each member last posted in the room, including deleted messages."""
    newest = Message.objects.filter(sender=OuterRef("user"), room=OuterRef("room")).order_by("-seq")
    members = Membership.objects.filter(user__in={user for user, _ in keys}, room__in={room for _, room in keys})
    posted = members.annotate(posted_at=Subquery(newest.values("created_at")[:1])).filter(posted_at__isnull=False)
    return {(user, room): at for user, room, at in posted.values_list("user_id", "room_id", "posted_at")}


def insert_messages(messages: Sequence[NewMessage]) -> None:
    """Insert messages and set their ids. Raises IntegrityError, after which the transaction must be rolled back."""
    as_time = cache(time_value)  # most messages of a batch have the same time
    rows = [
        (
            *(each.room_id, each.seq, each.version, each.sender_id, uuid_value(each.client_id)),
            *(each.body, each.html, each.excerpt, each.files, each.reactions),
            *(each.mentions, each.previews, each.fingerprint, each.reply_to_id, each.thread_id),
            *(as_time(each.created_at), each.alias),
        )
        for each in messages
    ]
    stored = insert_rows(table(Message), COLUMNS, rows, returning="id, room_id, seq")
    ids = {(room_id, seq): pk for pk, room_id, seq in stored}
    for message in messages:
        message.pk = ids[message.room_id, message.seq]


def store_tombstones(messages: Sequence[Message]) -> None:
    """Update the fields that `Message.make_tombstone` changes, and the versions."""
    connection = database()
    changed = {"version", "deleted_at", *Message.TOMBSTONE}
    fields = [field for field in Message._meta.concrete_fields if field.name in changed]
    columns = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    values = [
        [*(field.get_db_prep_save(getattr(message, field.attname), connection) for field in fields), message.pk]
        for message in messages
    ]
    execute_many(f"UPDATE {table(Message)} SET {columns} WHERE id = %s", values)  # noqa: S608
