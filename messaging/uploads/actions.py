"""The verbs of files on their way: begun, received, looked at and stored, or given up.

The bytes lie in UPLOAD_ROOT under the upload's id until they are all there; how many have come is the length of
that file, which outlives the server.
"""

import logging
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import usernames as people_names
from accounts.models import User
from messaging.attachments import limits, storage
from messaging.attachments.cleanup import discard_attachments, discard_names
from messaging.attachments.filenames import clean_name
from messaging.attachments.sandbox.inspector import Inspection
from messaging.errors import DiskFull, TypeDenied, Unavailable
from messaging.models import Attachment
from messaging.posting.actions import INVALID_CHARACTERS, describe_posted
from rooms.errors import Archived, Blocked, Forbidden, Invalid, NotFound
from rooms.permissions import can_post, closed_direct_rooms, find_membership

logger = logging.getLogger(__name__)

ALT_LENGTH = 500
NOTED_EVERY = timedelta(minutes=10)
NO_FILE = "File not found."
NOT_STORED = "Couldn’t save the file: storage isn’t responding. Try again in a minute."


def begin_upload(*, user: User, room_id: int, name: str, size: int, type: str = "") -> Attachment:
    """Make a place for a file that is to be sent to this room. `type` is what the sender takes it for.

    Raises NotFound, Archived, Blocked, Forbidden, TooLarge, TypeDenied, DiskFull: each before a byte has come.
    """
    name = clean_name(name)
    limits.check_size(size)
    limits.check_types(name, type.partition(";")[0].strip().lower())
    if limits.is_disk_full(size):
        raise DiskFull
    with transaction.atomic():
        _require_writer(user, room_id)
        limits.check_room_for(user, size)
        upload = Attachment.objects.create(
            id=uuid4(),
            uploader=user,
            room_id=room_id,
            key=storage.new_key(),
            name=name,
            name_key=people_names.key(name)[:1020],
            size=size,
        )
        try:
            part_of(upload.pk).touch(mode=0o600)
        except OSError as error:
            raise DiskFull from error
    return upload


def find_upload(user: User, upload_id: UUID) -> Attachment:
    """One's own, whether it was posted meanwhile or not."""
    upload = Attachment.objects.filter(pk=upload_id, uploader=user).first()
    if upload is None:
        raise NotFound(NO_FILE)
    return upload


def part_of(upload_id: UUID) -> Path:
    """Where its bytes gather."""
    return Path(settings.UPLOAD_ROOT) / str(upload_id)


def workplace_of(upload_id: UUID) -> Path:
    """Where what is made of it gathers."""
    return Path(settings.UPLOAD_ROOT) / f"{upload_id}.made"


def received(upload: Attachment) -> int:
    """How many bytes have come. Raises NotFound where they are not here: another server has them, or nobody."""
    if upload.ready_at is not None:
        return upload.size
    try:
        return part_of(upload.pk).stat().st_size
    except FileNotFoundError:
        raise NotFound(NO_FILE) from None


def look_again(upload: Attachment) -> None:
    """Read whether it is ready by now. Raises NotFound when it is gone."""
    try:
        upload.refresh_from_db(fields=["ready_at", "touched_at"])
    except Attachment.DoesNotExist:
        raise NotFound(NO_FILE) from None


def was_long_silent(upload: Attachment) -> bool:
    """Each piece need not be noted, only that there still come some."""
    return timezone.now() - upload.touched_at > NOTED_EVERY


def touch(upload: Attachment) -> None:
    """Note that it was heard of: what is forgotten goes."""
    Attachment.objects.filter(pk=upload.pk).update(touched_at=timezone.now())


def settle_upload(*, upload: Attachment, inspection: Inspection) -> Attachment:
    """Store what has come whole, and what was made of it to be shown; then it can be posted.

    Raises TypeDenied when it is not what may be sent; then it is gone. Raises Unavailable when it cannot be stored
    now, and OSError when a disk is full; then it stays here as it came.
    """
    try:
        limits.check_types(upload.name, inspection.type)
    except TypeDenied:
        give_up(upload=upload)
        raise
    row = Attachment.objects.filter(pk=upload.pk)
    if not row.filter(ready_at=None).update(is_placed=True):
        look_again(upload)
    try:
        _store(upload, inspection)
    except Unavailable:
        if row.exists():
            raise
    found = {
        "type": inspection.type,
        "kind": inspection.kind,
        "width": inspection.width,
        "height": inspection.height,
        "lines": inspection.lines,
        "preview": inspection.preview,
        "renditions": " ".join(inspection.renditions),
        "ready_at": timezone.now(),
    }
    if not row.filter(ready_at=None).update(**found, touched_at=found["ready_at"]) and not row.exists():
        upload.is_placed = True
        discard_names(storage.names_of(upload))  # it was cancelled, or went with its room, or its sender
        raise NotFound(NO_FILE)
    part_of(upload.pk).unlink(missing_ok=True)
    upload.refresh_from_db()
    return upload


def _store(upload: Attachment, inspection: Inspection) -> None:
    """It lies where it came until the database knows that it is stored: before that, all can be done again."""
    try:
        for rendition, path in inspection.renditions.items():
            storage.put(storage.rendition_key(upload.key, rendition), path)
        storage.put(upload.key, part_of(upload.pk))
    except OSError as error:
        if error.errno in limits.FULL:
            raise
        logger.error("a file of %d bytes could not be stored: %s", upload.size, error)
        raise Unavailable(NOT_STORED, retry_after=5) from error


def give_up(*, upload: Attachment) -> None:
    """Cancel a file that is not posted: nothing of it stays. Raises Invalid for one that is."""
    with transaction.atomic():
        mine = Attachment.objects.select_for_update().filter(pk=upload.pk)
        if any(each.message_id is not None for each in mine):  # held now: nobody posts it any more
            raise Invalid("This file is part of a message. Delete the message instead.", field="file")
        discard_attachments(mine)
    part_of(upload.pk).unlink(missing_ok=True)


def describe_image(*, user: User, attachment_id: UUID, alt: str) -> Attachment:
    """Say in words what is to be seen, for those who do not see it. One's own files only."""
    alt = " ".join(alt.split())
    if len(alt) > ALT_LENGTH:
        raise Invalid(f"At most {ALT_LENGTH} characters.", field="alt")
    if INVALID_CHARACTERS.search(alt):
        raise Invalid("Contains an invalid character.", field="alt")
    attachment = find_upload(user, attachment_id)
    if attachment.alt == alt:
        return attachment
    if not Attachment.objects.filter(pk=attachment.pk, message__isnull=True).update(alt=alt):
        attachment.refresh_from_db()  # posted, perhaps this very moment
        describe_posted(actor=user, attachment=attachment, alt=alt)
    attachment.alt = alt
    return attachment


def _require_writer(user: User, room_id: int) -> None:
    """What posting asks too, asked before hours of sending."""
    membership = find_membership(user, room_id)
    room = membership.room
    if room.is_archived:
        raise Archived
    if room.is_direct and closed_direct_rooms([room.pk]):
        raise Blocked
    if not can_post(room, membership):
        raise Forbidden("Only owners and moderators can post in this room.")
