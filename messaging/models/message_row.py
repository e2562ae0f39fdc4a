"""Messages as they are read for pages and events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from accounts.models import Person, User, public_columns
from accounts.sql import aware, fetch, table
from messaging.models.alias import shown_as
from messaging.models.message import Message


class Quote(NamedTuple):
    """The message that a message replies to."""

    pk: int
    seq: int
    excerpt: str
    files: str
    sender: Person
    alias: str | None

    @property
    def shown_sender(self) -> User | Person:
        return shown_as(self.sender, self.alias)

    @property
    def sender_id(self) -> int:
        return self.sender.pk


class MessageRow(NamedTuple):
    """A message with its sender and the message it replies to, read in one query without creating four models."""

    pk: int
    room_id: int
    seq: int
    version: int
    stored_client_id: UUID | str
    body: str
    html: str
    files: str
    reactions: str
    mentions: str
    previews: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    pinned_at: datetime | None
    thread_id: int | None
    sender: Person
    reply_to: Quote | None
    alias: str | None

    @property
    def sender_id(self) -> int:
        return self.sender.pk

    @property
    def shown_sender(self) -> User | Person:
        return shown_as(self.sender, self.alias)

    @property
    def client_id(self) -> UUID:
        """The id as a UUID, which SQLite doesn't have. Only the sender gets it, so it is converted on access."""
        return self.stored_client_id if isinstance(self.stored_client_id, UUID) else UUID(self.stored_client_id)

    @classmethod
    def read(cls, condition: str, values: Sequence[Any], *, order: str, limit: int | None = None) -> list[Self]:
        """Return messages that fulfil an SQL condition, with its values. Its columns are those of `message`."""
        sql = (
            "SELECT message.id, message.room_id, message.seq, message.version, message.client_id, message.body, "  # noqa: S608
            "message.html, message.files, message.reactions, message.mentions, message.previews, message.created_at, "
            f"message.edited_at, message.deleted_at, message.pinned_at, message.thread_id, {public_columns('sender')}, "
            f"message.alias, quoted.id, quoted.seq, quoted.excerpt, quoted.files, {public_columns('author')}, "
            "quoted.alias "
            f"FROM {table(Message)} message JOIN {table(User)} sender ON sender.id = message.sender_id "
            f"LEFT JOIN {table(Message)} quoted ON quoted.id = message.reply_to_id "
            f"LEFT JOIN {table(User)} author ON author.id = quoted.sender_id "
            f"WHERE {condition} ORDER BY {order}"
        )
        if limit is not None:
            sql += f" LIMIT {limit:d}"
        return [cls._from(row) for row in fetch(sql, values)]

    @classmethod
    def _from(cls, row: tuple[Any, ...]) -> Self:
        pk, room_id, seq, version, client_id, body, html, files, reactions, mentions, previews = row[:11]
        created_at, edited_at, deleted_at, pinned_at = map(aware, row[11:15])
        alias, quoted_id, quoted_seq, excerpt, quoted_files = row[21:26]
        quoted = None
        if quoted_id is not None:
            quoted = Quote(quoted_id, quoted_seq, excerpt, quoted_files, Person(*row[26:31]), row[31])
        return cls(
            pk,
            room_id,
            seq,
            version,
            client_id,
            body,
            html,
            files,
            reactions,
            mentions,
            previews,
            created_at,
            edited_at,
            deleted_at,
            pinned_at,
            row[15],
            Person(*row[16:21]),
            quoted,
            alias,
        )
