"""Actions that copy files of messages for other messages, without sending them again: begin and finish.

A copy is an attachment of its own, like an upload of the same file by the person who forwards it. So it counts towards
their storage, stays when the original is deleted, and is deleted like any other.
"""

from uuid import UUID

from accounts.models import User
from messaging.attachments import limits, storage
from messaging.errors import Unavailable
from messaging.models import Attachment, AttachmentText, Message
from messaging.uploads.actions import NO_FILE, NOT_STORED, begin_upload, complete_upload
from rooms.errors import NotFound

_COPIED = ("type", "kind", "width", "height", "lines", "preview", "renditions", "alt")


def begin_copy(*, user: User, room_id: int, source_id: UUID) -> Attachment:
    """Create an upload to a room of a file in a message that the user may read, and hasn't blocked the author of.

    Raises NotFound, and what `begin_upload` raises.
    """
    source = _find_source(user, source_id)
    return begin_upload(user=user, room_id=room_id, name=source.name, size=source.size, type=source.type)


def finish_copy(*, user: User, upload: Attachment, source_id: UUID) -> None:
    """Store the copy, so that it can be posted. Raises NotFound if the original was deleted, Unavailable or OSError."""
    source = _find_source(user, source_id)
    Attachment.objects.unfinished().filter(pk=upload.pk).update(is_placed=True)
    _copy_files(source, upload)
    text = AttachmentText.objects.filter(attachment=source).first()
    result = {name: getattr(source, name) for name in _COPIED}
    complete_upload(upload, result, tokens=text.tokens if text is not None else "")


def _find_source(user: User, source_id: UUID) -> Attachment:
    source = Attachment.objects.ready().filter(pk=source_id).first()
    if source is None or source.message_id is None or not _is_readable(user, source.message_id):
        raise NotFound(NO_FILE)
    return source


def _is_readable(user: User, message_id: int) -> bool:
    return Message.objects.readable_by(user).filter(pk=message_id).exists()


def _copy_files(source: Attachment, upload: Attachment) -> None:
    """Copy the renditions, and then the file itself."""
    try:
        for name in reversed(storage.stored_names(source)):
            storage.copy_file(name, upload.key + name.removeprefix(source.key))
    except FileNotFoundError:
        raise NotFound(NO_FILE) from None
    except OSError as error:
        if error.errno in limits.DISK_FULL_ERRORS:
            raise
        raise Unavailable(NOT_STORED, retry_after=5) from error
