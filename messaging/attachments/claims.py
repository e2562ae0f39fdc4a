"""Assigns uploaded files to posts. Files are locked, checked and stored for all posts of a transaction together."""

from collections.abc import Iterable, Sequence
from typing import Self
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from messaging.attachments.limits import MAX_PER_MESSAGE
from messaging.attachments.serializers import encode_attachments
from messaging.models import Attachment, NewMessage
from rooms.errors import Invalid, NotFound
from rooms.room_state import MemberKey


class Claims:
    """Unposted attachments that no other transaction can claim. Use `lock` to create an instance."""

    def __init__(self, unposted: Iterable[Attachment] = ()) -> None:
        self._free = {attachment.pk: attachment for attachment in unposted}
        self._claimed: list[tuple[Attachment, NewMessage]] = []

    @classmethod
    def lock(cls, ids: Sequence[UUID]) -> Self:
        """Lock these attachments, except those already posted. Must be called in a transaction."""
        if not ids:
            return cls()
        return cls(Attachment.objects.select_for_update().unposted().filter(pk__in=set(ids)).order_by("pk"))

    def find(self, ids: Sequence[UUID], key: MemberKey) -> list[Attachment]:
        """Return attachments that this user uploaded to this room. Raises NotFound or Invalid."""
        if len(ids) > MAX_PER_MESSAGE:
            message = format_lazy(_("You can attach up to {limit} files."), limit=MAX_PER_MESSAGE)
            raise Invalid(message, field="attachments")
        if len(set(ids)) < len(ids):
            raise Invalid(_("The same file is attached twice."), field="attachments")
        found = [self._free.get(pk) for pk in ids]
        own = [each for each in found if each is not None and (each.uploader_id, each.room_id) == key]
        if len(own) < len(ids):
            raise NotFound(_("The file wasn’t found in this room."), field="attachments")
        if not all(each.is_ready for each in own):
            raise Invalid(_("An upload hasn’t finished yet."), field="attachments")
        return own

    def assign(self, attachments: Sequence[Attachment], message: NewMessage) -> None:
        """Assign attachments returned by `find` to a message that isn't stored yet."""
        message.files = encode_attachments(attachments)
        for position, attachment in enumerate(attachments):
            attachment.position = position
            self._claimed.append((self._free.pop(attachment.pk), message))

    def store(self) -> None:
        """Store the assignments. Call this after the messages are stored."""
        for attachment, message in self._claimed:
            attachment.message_id = message.pk
        if self._claimed:
            claimed = [attachment for attachment, _ in self._claimed]
            Attachment.objects.bulk_update(claimed, ["message", "position"], batch_size=100)
