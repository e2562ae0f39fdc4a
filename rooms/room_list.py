"""Actions on a user's own list of rooms: favorites, new rooms, and conversations closed until the next message."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from rooms import events
from rooms.errors import Forbidden
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
