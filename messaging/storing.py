"""A batch of new messages, inserted by one statement.

`bulk_create` resolves every field of every row as an expression, which costs more than everything else
about a post (docs/performance.md).
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from django.db import DEFAULT_DB_ALIAS, connections

from messaging.models import Message

ROWS = 100  # in one statement: their values are fewer than the 32,766 that SQLite takes


def insert(messages: Sequence[Message]) -> None:
    """Store them and give each its id. Raises IntegrityError; then the transaction is broken."""
    connection = connections[DEFAULT_DB_ALIAS]  # `django.db.connection` looks it up anew at each access
    fields = [field for field in Message._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(Message._meta.db_table)
    row = f"({', '.join(['%s'] * len(fields))})"
    prepare = [(field.attname, field.get_db_prep_save) for field in fields]
    with connection.cursor() as cursor:
        for some in _slices(messages):
            values = [prepared(getattr(message, name), connection) for message in some for name, prepared in prepare]
            rows = ", ".join([row] * len(some))
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES {rows} RETURNING id, room_id, seq", values)  # noqa: S608
            ids = {(room_id, seq): pk for pk, room_id, seq in cursor.fetchall()}  # they come in no promised order
            for message in some:
                message.pk = ids[message.room_id, message.seq]
                message._state.adding = False


def _slices(messages: Sequence[Message]) -> Iterator[list[Message]]:
    waiting = iter(messages)
    while some := list(islice(waiting, ROWS)):
        yield some
