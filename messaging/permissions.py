"""The permission to read a message. The permission to post in a room is in `rooms.permissions`."""

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from rooms.models import CONVERSATIONS, MODERATING, Membership, Room


def is_readable_by(user: User) -> Q:
    """Return the condition on messages that this person may read: not deleted, in a room they see, not cleared from
    their history. Those of people they block are left out, except where they moderate the room.
    """
    room = Room.objects.visible_to(user).filter(pk=OuterRef("room"))
    membership = Membership.objects.filter(user=user, room=OuterRef("room"))
    is_cleared = Exists(membership.filter(cleared_seq__gte=OuterRef("seq")))
    is_readable = Q(Exists(room), ~is_cleared, deleted_at__isnull=True)
    if not user.blocked_ids:
        return is_readable
    is_moderated = Exists(membership.filter(role__in=MODERATING)) & ~Q(room__kind__in=CONVERSATIONS)
    if user.is_superuser:
        is_moderated |= Q(room__kind=Room.Kind.PUBLIC)
    return is_readable & (~Q(sender__in=user.blocked_ids) | is_moderated)
