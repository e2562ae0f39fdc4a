"""Deletions that a moderator can undo. They are held on the server, so they take place even if the page is closed."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from messaging.errors import NO_MESSAGE
from messaging.models import BulkDeletion, Message
from messaging.moderation.bulk_delete import DeletionResult, begin, require_room_moderator
from rooms.errors import LimitReached, NotFound
from rooms.models import UNDO_WINDOW, Room
from rooms.permissions import lock_room
from rooms.removals import TOO_LATE

MOST_HELD = 100  # for each moderator

TOO_MANY = _("Too many deletions at once. Try again in a minute.")


@transaction.atomic
def hold_message_deletion(*, actor: User, message_id: int) -> BulkDeletion:
    """Delete someone's message after UNDO_WINDOW, as a job for this message alone."""
    message = Message.objects.readable_by(actor).select_related("room", "sender").filter(pk=message_id).first()
    if message is None:
        raise NotFound(NO_MESSAGE)
    room = lock_room(message.room)
    require_room_moderator(actor, room)
    check_number_held(actor)
    details = {"room": room.pk, "seq": message.seq, "sender": message.sender.username}
    audit.record(Kind.MESSAGE_DELETED, actor=actor, target=message, **details)
    return BulkDeletion.objects.create(
        room=room,
        sender=message.sender,
        requested_by=actor,
        until_seq=message.seq,
        done_seq=message.seq - 1,
        starts_at=timezone.now() + UNDO_WINDOW,
    )


def check_number_held(actor: User) -> None:
    if BulkDeletion.objects.filter(requested_by=actor, starts_at__gt=timezone.now()).count() >= MOST_HELD:
        raise LimitReached(TOO_MANY, retry_after=UNDO_WINDOW.total_seconds())


def start_deletion(*, actor: User, deletion_id: int) -> DeletionResult:
    """Begin a held deletion now. Raises NotFound if it has already begun."""
    with transaction.atomic():
        deletion = _lock_held(actor, deletion_id)
        deletion.starts_at = timezone.now()
        deletion.save(update_fields=["starts_at"])
    return begin(deletion)


@transaction.atomic
def undo_deletion(*, actor: User, deletion_id: int) -> None:
    """Keep the messages. Raises NotFound if their deletion has begun."""
    deletion = _lock_held(actor, deletion_id)
    room = deletion.room
    require_room_moderator(actor, room)
    audit.record(Kind.DELETION_UNDONE, actor=actor, target=deletion.sender, room=room.pk, room_name=room.name)
    deletion.delete()


def _lock_held(actor: User, deletion_id: int) -> BulkDeletion:
    """Lock the room and a deletion that has not begun and that this moderator requested."""
    held = BulkDeletion.objects.filter(pk=deletion_id, requested_by=actor, starts_at__gt=timezone.now())
    room = Room.objects.filter(pk__in=held.values("room")).select_for_update().first()
    deletion = held.select_related("room", "sender").select_for_update(of=("self",)).first() if room else None
    if deletion is None:
        raise NotFound(TOO_LATE)
    return deletion
