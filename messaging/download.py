"""Everything that a person wrote, for their data: their own words, and of others' only the numbers."""

from collections.abc import Iterator
from typing import Any

from accounts.download import File, json_list, part
from accounts.models import User
from messaging.models import Message

AT_ONCE = 500


@part
def messages(user: User) -> Iterator[File]:
    yield "messages.json", json_list(_messages(user))


def _messages(user: User) -> Iterator[dict[str, Any]]:
    written = Message.objects.filter(sender=user, deleted_at=None).order_by("pk")
    complete = written.select_related("room").prefetch_related("revisions")
    for message in complete.iterator(chunk_size=AT_ONCE):
        earlier = sorted(message.revisions.all(), key=lambda revision: revision.pk)
        yield {
            "id": message.pk,
            "room": message.room_id,
            "room_name": message.room.name,
            "room_kind": message.room.kind,
            "number": message.seq,
            "written_at": message.created_at,
            "edited_at": message.edited_at,
            "in_reply_to": message.reply_to_id,
            "text": message.body,
            "earlier_texts": [{"text": each.body, "written_at": each.written_at} for each in earlier],
        }
