"""Actions on uploads: begin, finish and cancel.

Received bytes are written to UPLOAD_ROOT/<id>. The length of that file is the number of bytes received, so it survives
a restart.
"""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import usernames
from accounts.models import User
from messaging.attachments import limits, storage
from messaging.attachments.cleanup import discard_attachments, discard_files
from messaging.attachments.filenames import clean_name
from messaging.attachments.sandbox.inspector import Inspection
from messaging.errors import DiskFull, TypeDenied, Unavailable
from messaging.models import Attachment, AttachmentText
from messaging.posting.actions import set_posted_alt_text
from messaging.posting.content import INVALID_CHARACTERS
from messaging.search.file_texts import read_tokens
from rooms.errors import Invalid, NotFound
from rooms.permissions import require_poster

logger = logging.getLogger(__name__)

MAX_ALT_LENGTH = 500
TOUCH_INTERVAL = timedelta(minutes=10)
NO_FILE = _("File not found.")
NOT_STORED = _("Couldn’t save the file: storage isn’t responding. Try again in a minute.")


def begin_upload(*, user: User, room_id: int, name: str, size: int, type: str = "") -> Attachment:
    """Create an upload to a room. `type`: the media type declared by the sender.

    Raises NotFound, Archived, Blocked, Forbidden, TooLarge, TypeDenied or DiskFull before any byte is received.
    """
    name = clean_name(name)
    limits.check_size(size)
    limits.check_types(name, type.partition(";")[0].strip().lower())
    if limits.is_disk_full(size):
        raise DiskFull
    with transaction.atomic():
        require_poster(user, room_id)
        limits.check_quota(user, size)
        upload = Attachment.objects.create(
            id=uuid4(),
            uploader=user,
            room_id=room_id,
            key=storage.new_key(),
            name=name,
            name_key=usernames.key(name)[:1020],
            size=size,
        )
        try:
            part_path(upload.pk).touch(mode=0o600)
        except OSError as error:
            raise DiskFull from error
    return upload


def find_upload(user: User, upload_id: UUID) -> Attachment:
    """Return one of the user's own attachments, whether or not it is posted. Raises NotFound."""
    upload = Attachment.objects.filter(pk=upload_id, uploader=user).first()
    if upload is None:
        raise NotFound(NO_FILE)
    return upload


def part_path(upload_id: UUID) -> Path:
    """Return the path of the received bytes."""
    return Path(settings.UPLOAD_ROOT) / str(upload_id)


def workspace_path(upload_id: UUID) -> Path:
    """Return the path of the folder for renditions during inspection."""
    return Path(settings.UPLOAD_ROOT) / f"{upload_id}.made"


def received_bytes(upload: Attachment) -> int:
    """Return the number of bytes received. Raises NotFound if they are on another server or no longer exist."""
    if upload.is_ready:
        return upload.size
    try:
        return part_path(upload.pk).stat().st_size
    except FileNotFoundError:
        raise NotFound(NO_FILE) from None


def refresh_upload(upload: Attachment) -> None:
    """Reload the upload's state. Raises NotFound if it was deleted."""
    try:
        upload.refresh_from_db(fields=["ready_at", "touched_at"])
    except Attachment.DoesNotExist:
        raise NotFound(NO_FILE) from None


def needs_touch(upload: Attachment) -> bool:
    """Return whether it is time to record that the upload is still active."""
    return timezone.now() - upload.touched_at > TOUCH_INTERVAL


def touch(upload: Attachment) -> None:
    """Record that the upload is active. Abandoned uploads are deleted."""
    Attachment.objects.filter(pk=upload.pk).update(touched_at=timezone.now())


def finish_upload(*, upload: Attachment, inspection: Inspection) -> Attachment:
    """Store a complete file and its renditions, so that it can be posted.

    Raises TypeDenied, and deletes the upload, if its content isn't allowed. Raises Unavailable if the storage can't be
    reached, or OSError if a disk is full; in both cases, the received bytes are kept.
    """
    try:
        limits.check_types(upload.name, inspection.type)
    except TypeDenied:
        cancel_upload(upload=upload)
        raise
    row = Attachment.objects.filter(pk=upload.pk)
    if not row.unfinished().update(is_placed=True):
        refresh_upload(upload)
    try:
        _store(upload, inspection)
    except Unavailable:
        if row.exists():
            raise
    result = {
        "type": inspection.type,
        "kind": inspection.kind,
        "width": inspection.width,
        "height": inspection.height,
        "lines": inspection.lines,
        "preview": inspection.preview,
        "renditions": " ".join(inspection.renditions),
    }
    complete_upload(upload, result, tokens=read_tokens(inspection.preview, inspection.renditions.get("text")))
    return upload


def complete_upload(upload: Attachment, result: dict[str, Any], *, tokens: str) -> None:
    """Note that the upload's files are stored. `tokens`: those of its text. Raises NotFound if it was deleted."""
    row, now = Attachment.objects.filter(pk=upload.pk), timezone.now()
    with transaction.atomic():
        is_changed = row.unfinished().update(**result, ready_at=now, touched_at=now)
        if is_changed and tokens:
            AttachmentText.objects.update_or_create(attachment=upload, defaults={"tokens": tokens})
    if not is_changed and not row.exists():
        upload.is_placed = True
        discard_files(storage.stored_names(upload))  # cancelled, or deleted with its room or sender
        raise NotFound(NO_FILE)
    part_path(upload.pk).unlink(missing_ok=True)
    upload.refresh_from_db()


def _store(upload: Attachment, inspection: Inspection) -> None:
    """Copy the files to the storage. The received file is kept until the row is ready, so that this can be repeated."""
    try:
        for rendition, path in inspection.renditions.items():
            storage.save_file(storage.rendition_key(upload.key, rendition), path)
        storage.save_file(upload.key, part_path(upload.pk))
    except OSError as error:
        if error.errno in limits.DISK_FULL_ERRORS:
            raise
        logger.error("A file of %d bytes could not be stored: %s", upload.size, error)
        raise Unavailable(NOT_STORED, retry_after=5) from error


def cancel_upload(*, upload: Attachment) -> None:
    """Delete an unposted upload. Raises Invalid if it is posted."""
    with transaction.atomic():
        locked = Attachment.objects.select_for_update().filter(pk=upload.pk)
        if any(each.is_posted for each in locked):
            raise Invalid(_("This file is part of a message. Delete the message instead."), field="file")
        discard_attachments(locked)
    part_path(upload.pk).unlink(missing_ok=True)


def set_alt_text(*, user: User, attachment_id: UUID, alt: str) -> Attachment:
    """Set the alt text of one of the user's own files. Raises Invalid or NotFound."""
    alt = " ".join(alt.split())
    if len(alt) > MAX_ALT_LENGTH:
        raise Invalid(_("At most %(limit)s characters.") % {"limit": MAX_ALT_LENGTH}, field="alt")
    if INVALID_CHARACTERS.search(alt):
        raise Invalid(_("Contains an invalid character."), field="alt")
    attachment = find_upload(user, attachment_id)
    if attachment.alt == alt:
        return attachment
    if not Attachment.objects.unposted().filter(pk=attachment.pk).update(alt=alt):
        attachment.refresh_from_db()  # it has been posted in the meantime
        set_posted_alt_text(actor=user, attachment=attachment, alt=alt)
    attachment.alt = alt
    return attachment
