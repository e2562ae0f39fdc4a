"""Actions on a user's own rooms: favorites, new and closed ones, and the messages about which they are notified."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import NotificationLevel, User
from rooms import events
from rooms.errors import Forbidden, Invalid
from rooms.models import Membership, Room
from rooms.permissions import find_membership


@transaction.atomic
def set_favorite(*, user: User, room: Room, is_favorite: bool = True) -> Membership:
    """Add a room to the user's favorites, or remove it."""
    membership = find_membership(user, room.pk)
    membership.is_favorite = is_favorite
    membership.save(update_fields=["is_favorite"])
    events.announce_membership(user, room.pk, is_favorite=is_favorite)
    return membership


@transaction.atomic
def set_notification_level(*, user: User, room: Room, level: str) -> Membership:
    """Choose the messages of a room about which the user is notified. "" stands for their default."""
    if level not in ("", *NotificationLevel.values):
        raise Invalid(_("Choose what to be notified about."), field="level")
    membership = find_membership(user, room.pk)
    membership.notification_level = level
    membership.save(update_fields=["notification_level"])
    events.announce_membership(user, room.pk, notification_level=level)
    return membership


@transaction.atomic
def mark_seen(*, user: User, room_id: int) -> None:
    """Remove the "New" badge of a room that someone else added the user to."""
    if Membership.objects.filter(user=user, room=room_id, is_new=True).update(is_new=False):
        events.announce_membership(user, room_id, is_new=False)


@transaction.atomic
def close_conversation(*, user: User, room: Room) -> Membership:
    """Mark a conversation as read, and hide it from the user's list until someone posts a message."""
    membership = find_membership(user, room.pk)
    if not membership.room.is_conversation:
        raise Forbidden(_("Only conversations can be closed. You can leave this room instead."))
    seq = membership.room.last_seq
    membership.closed_seq, membership.last_read_seq = seq, max(membership.last_read_seq, seq)
    membership.save(update_fields=["closed_seq", "last_read_seq"])
    events.announce_read(user.pk, room.pk, membership.last_read_seq)
    events.announce_membership(user, room.pk, closed_seq=seq)
    return membership


@transaction.atomic
def reopen_conversation(*, user: User, room: Room) -> Membership:
    """Show a closed conversation in the user's list again."""
    membership = find_membership(user, room.pk)
    if membership.closed_seq is not None:
        membership.closed_seq = None
        membership.save(update_fields=["closed_seq"])
        events.announce_membership(user, room.pk, closed_seq=None)
    return membership
