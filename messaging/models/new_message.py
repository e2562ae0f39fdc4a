"""A message that is being posted."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from accounts.models import Person
from messaging.models.message import Message


@dataclass(slots=True, eq=False)
class NewMessage:
    """The values of a new message's row. Creating a `Message` takes ten times as long, and every post would pay for it.

    pk: 0 until the message has been inserted. `links`: those for previews.
    """

    room_id: int
    seq: int
    version: int
    sender: Person
    client_id: UUID
    body: str
    html: str
    excerpt: str
    fingerprint: bytes
    reply_to: Message | None
    created_at: datetime
    thread_id: int | None = None
    files: str = ""
    mentions: str = ""
    alias: str | None = None
    links: tuple[str, ...] = ()
    pk: int = 0

    # As in a `Message` that has just been posted.
    edited_at: ClassVar[None] = None
    deleted_at: ClassVar[None] = None
    pinned_at: ClassVar[None] = None
    reactions: ClassVar[str] = ""
    previews: ClassVar[str] = ""

    @property
    def sender_id(self) -> int:
        return self.sender.pk

    @property
    def reply_to_id(self) -> int | None:
        return None if self.reply_to is None else self.reply_to.pk
