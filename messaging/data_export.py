"""Everything that a person wrote and sent, for their data: their own words and files; of others only the numbers."""

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

from accounts.data_export import ExportedFile, exporter, json_array
from accounts.models import User
from messaging.attachments.filenames import clean_name
from messaging.attachments.readers import chunks_of, open_reader
from messaging.models import Attachment, Message, MessageQuerySet

AT_ONCE = 500
_NOT_ON_WINDOWS = str.maketrans('<>:"|?*', "_______")


@exporter
def messages(user: User) -> Iterator[ExportedFile]:
    yield "messages.json", json_array(_messages(user))


@exporter
def files(user: User) -> Iterator[ExportedFile]:
    """As they were sent. One that is deleted meanwhile is left out."""
    posted = Attachment.objects.filter(uploader=user, message__isnull=False).order_by("message", "position")
    for pk in list(posted.values_list("pk", flat=True)):
        attachment = Attachment.objects.filter(pk=pk).first()
        if attachment is None:
            continue
        with suppress(FileNotFoundError), closing(open_reader(attachment.key)) as source:
            yield _name_of(attachment), chunks_of(source)


def _name_of(attachment: Attachment) -> str:
    """Safe on every system, and no two the same."""
    name = clean_name(f"{attachment.message_id}-{attachment.position + 1}-{attachment.name}")
    return f"files/{name.translate(_NOT_ON_WINDOWS)}"


def _messages(user: User) -> Iterator[dict[str, Any]]:
    written = Message.objects.filter(sender=user, deleted_at=None).order_by("pk")
    complete = written.select_related("room").prefetch_related("revisions", "attachments")
    for message in _in_pieces(complete):
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
            "files": [_name_of(each) for each in sorted(message.attachments.all(), key=lambda file: file.position)],
        }


def _in_pieces(messages: MessageQuerySet) -> Iterator[Message]:
    """By a query for each: one that stayed open would keep SQLite's log growing while a slow reader reads."""
    last = 0
    while found := list(messages.filter(pk__gt=last)[:AT_ONCE]):
        yield from found
        last = found[-1].pk
