"""New messages of a batch: looked for and inserted by one statement each.

By hand, as in `rooms.room_state`: `bulk_create` resolves every field of every row as an expression.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from messaging.models import Message
from rooms.models import Membership
from rooms.room_state import MemberKey, database, rows, table

SLICE = 100  # rows of one statement: their values are fewer than the 32,766 that SQLite takes
LATER = {"edited_at", "deleted_at", "pinned_at", "pinned_by"}  # null in a new message, as where they are left out

Key = tuple[int, UUID]  # the id of a sender, and the name they gave the post


def stored_before(keys: Iterable[Key]) -> dict[Key, Message]:
    """Those of these posts that are stored."""
    name, connection = Message._meta.get_field("client_id").get_db_prep_value, database()
    wanted = [value for sender_id, client_id in keys for value in (sender_id, name(client_id, connection))]
    sql = (
        f"WITH wanted (sender_id, client_id) AS (VALUES {rows(2, len(wanted) // 2)}) "  # noqa: S608
        f"SELECT message.id FROM wanted JOIN {table(Message)} message "
        "ON message.sender_id = wanted.sender_id AND message.client_id = wanted.client_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, wanted)
        ids = [pk for (pk,) in cursor.fetchall()]
    found = Message.objects.complete().filter(pk__in=ids) if ids else ()
    return {(message.sender_id, message.client_id): message for message in found}


def newest_of(places: Collection[MemberKey]) -> dict[MemberKey, datetime]:
    """When these people last wrote in these rooms; what was deleted since counts too."""
    newest = Message.objects.filter(sender=OuterRef("user"), room=OuterRef("room")).order_by("-seq")
    seats = Membership.objects.filter(user__in={user for user, _ in places}, room__in={room for _, room in places})
    found = seats.annotate(wrote=Subquery(newest.values("created_at")[:1])).filter(wrote__isnull=False)
    return {(user, room): wrote for user, room, wrote in found.values_list("user_id", "room_id", "wrote")}


def insert(messages: Sequence[Message]) -> None:
    """Store them and give each its id. Raises IntegrityError; then the transaction is broken."""
    for start in range(0, len(messages), SLICE):
        _insert(messages[start : start + SLICE])


def _insert(messages: Sequence[Message]) -> None:
    connection = database()
    fields = [field for field in Message._meta.concrete_fields if not field.primary_key and field.name not in LATER]
    prepare = [(field.attname, field.get_db_prep_save) for field in fields]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    values = [prepared(getattr(message, name), connection) for message in messages for name, prepared in prepare]
    sql = f"INSERT INTO {table(Message)} ({columns}) VALUES {rows(len(fields), len(messages))} "  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING id, room_id, seq", values)
        ids = {(room_id, seq): pk for pk, room_id, seq in cursor.fetchall()}  # they come in no promised order
    for message in messages:
        message.pk = ids[message.room_id, message.seq]
        message._state.adding = False


def store_emptied(messages: Sequence[Message]) -> None:
    """What `Message.empty` changed of these, and their versions."""
    connection = database()
    changed = {"version", "deleted_at", *Message.EMPTY}
    fields = [field for field in Message._meta.concrete_fields if field.name in changed]
    columns = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    values = [
        [*(field.get_db_prep_save(getattr(message, field.attname), connection) for field in fields), message.pk]
        for message in messages
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table(Message)} SET {columns} WHERE id = %s", values)  # noqa: S608
