"""Which files belong to which post: found and held for all posts that are stored together."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from messaging.attachments.limits import AT_ONCE
from messaging.attachments.serializers import files_text
from messaging.models import Attachment, Message
from rooms.errors import Invalid, NotFound
from rooms.room_state import MemberKey


class Claims:
    """Holds the attachments when it is made, so that no other transaction gets them; needs one."""

    def __init__(self, ids: Iterable[UUID]) -> None:
        found = Attachment.objects.select_for_update().filter(pk__in=set(ids), message__isnull=True).order_by("pk")
        self._free = {attachment.pk: attachment for attachment in found} if ids else {}
        self._claimed: list[tuple[Message, list[Attachment]]] = []

    def check(self, ids: Sequence[UUID], place: MemberKey) -> list[Attachment]:
        """The files, if this person sent them to this room and they are in no message. Raises NotFound, Invalid."""
        if len(ids) > AT_ONCE:
            raise Invalid(f"You can attach up to {AT_ONCE} files.", field="attachments")
        if len(set(ids)) < len(ids):
            raise Invalid("The same file is named twice.", field="attachments")
        found = [self._free.get(pk) for pk in ids]
        mine = [each for each in found if each is not None and (each.uploader_id, each.room_id) == place]
        if len(mine) < len(ids):
            raise NotFound("There is no such file for this room.", field="attachments")
        if any(each.ready_at is None for each in mine):
            raise Invalid("An upload hasn’t finished yet.", field="attachments")
        return mine

    def give(self, attachments: list[Attachment], message: Message) -> None:
        """They are this message's, once it is stored."""
        if attachments:
            message.files = files_text(attachments)
            self._claimed.append((message, attachments))
            for attachment in attachments:
                del self._free[attachment.pk]

    def store(self) -> None:
        """The messages have their ids."""
        given = [each for message, attachments in self._claimed for each in _placed(message, attachments)]
        if given:
            Attachment.objects.bulk_update(given, ["message", "position"], batch_size=100)


def _placed(message: Message, attachments: Sequence[Attachment]) -> Sequence[Attachment]:
    for position, attachment in enumerate(attachments):
        attachment.message, attachment.position = message, position
    return attachments
