"""Structures of files, saved and scheduled messages, and moderation."""

from datetime import datetime
from uuid import UUID

from api.schemas.messages import Attachment, Message
from api.schemas.people import Person, Struct


class RoomFile(Attachment, kw_only=True):
    """A file with the `sender`, time and number of its message."""

    sender: Person
    at: datetime
    seq: int


class RoomFiles(Struct, kw_only=True):
    """A page of files. `next`: the value of `before` for the next page, or null."""

    files: list[RoomFile]
    next: str | None


class AltText(Struct, kw_only=True):
    alt: str


class SavedMessage(Struct, kw_only=True):
    """A saved message. `remind_at`: when its reminder will be due. `due_at`: when it was."""

    message: Message
    saved_at: datetime
    remind_at: datetime | None
    due_at: datetime | None


class SavedMessages(Struct, kw_only=True):
    """A page of saved messages. `next`: the value of `before` for the next page, or null."""

    saved: list[SavedMessage]
    next: str | None


class ScheduledMessage(Struct, kw_only=True):
    """A scheduled message. `problem`: why it was refused, or null."""

    client_id: UUID
    room: int | None
    body: str
    reply_to: int | None
    at: datetime
    problem: str | None


class ScheduledMessages(Struct, kw_only=True):
    scheduled: list[ScheduledMessage]


class Report(Struct, kw_only=True):
    report: int


class Deletion(Struct, kw_only=True):
    deletion: int
