"""What happens to messages when something happens to rooms and people."""

from typing import Any

from django.db import router
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_deleting, avatar_discarded
from messaging.attachments.cleanup import discard_attachments, discard_names
from messaging.history.journal import floor_of
from messaging.models import Attachment, Erasure, Message, Report, Revision
from rooms.models import Room
from rooms.signals import room_deleting, room_described


@receiver(room_deleting)
def delete_conversation(sender: object, room: Room, **kwargs: Any) -> None:
    """By one statement for each table: Django's own cascade reads every message first, with the write lock held.

    A table that comes to refer to messages needs its line here, or its constraint refuses the deletion.
    """
    using = router.db_for_write(Message)
    discard_attachments(Attachment.objects.filter(room=room))
    Revision.objects.filter(message__room=room)._raw_delete(using)
    Report.objects.filter(message__room=room)._raw_delete(using)
    Message.objects.filter(room=room, reply_to__isnull=False).update(reply_to=None)
    Message.objects.filter(room=room)._raw_delete(using)


@receiver(room_described)
def count_files(sender: object, room: Room, viewer: User, **kwargs: Any) -> dict[str, int]:
    posted = Attachment.objects.posted_in(room.pk, viewer=viewer, floor=floor_of(viewer, room.pk))
    return {"files": posted.count()}


@receiver(account_deleting)
def plan_erasure(sender: object, user: User, with_messages: bool, **kwargs: Any) -> None:
    """They go afterwards, a piece at a time (messaging/moderation/eraser.py); files that were not posted go now."""
    discard_attachments(Attachment.objects.select_for_update().filter(uploader=user, message__isnull=True))
    if with_messages:
        Erasure.objects.get_or_create(sender=user)


@receiver(avatar_discarded)
def discard_picture(sender: object, name: str, **kwargs: Any) -> None:
    discard_names([name])
