"""Actions for blocking and muting users, muting rooms, and allowing direct messages.

They are in this app rather than in accounts because blocks and mutes affect direct rooms and unread counts.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import Block, Mute, User
from rooms import events
from rooms.errors import Invalid
from rooms.models import Membership, Room
from rooms.permissions import find_membership


@transaction.atomic
def block_person(*, user: User, other: User) -> None:
    """Hide `other` from `user` on all open pages. Blocking twice changes nothing."""
    if user.pk == other.pk:
        raise Invalid(_("You can’t block yourself."), field="user")
    _block, is_new = Block.objects.get_or_create(blocker=user, blocked=other)
    if is_new:
        audit.record_anonymously(Kind.BLOCKED)
        events.announce_blocked(user, other)


@transaction.atomic
def unblock_person(*, user: User, other: User) -> None:
    """Show `other` to `user` again. Unblocking a user who is not blocked changes nothing."""
    if Block.objects.filter(blocker=user, blocked=other).delete()[0]:
        events.announce_unblocked(user, other)


@transaction.atomic
def mute_person(*, user: User, other: User, muted: bool = True) -> None:
    """Exclude `other`'s messages from `user`'s unread counts, or include them again."""
    if user.pk == other.pk:
        raise Invalid(_("You can’t mute yourself."), field="user")
    if muted:
        Mute.objects.get_or_create(user=user, muted=other)
    else:
        Mute.objects.filter(user=user, muted=other).delete()
    events.announce_muted(user)


@transaction.atomic
def mute_room(*, user: User, room: Room, muted: bool = True) -> Membership:
    """Mute or unmute a room for `user`."""
    membership = find_membership(user, room.pk)
    membership.is_muted = muted
    membership.save(update_fields=["is_muted"])
    events.announce_membership(user, room.pk, muted=muted)
    return membership


@transaction.atomic
def allow_direct_messages(*, user: User, allowed: bool) -> None:
    """Set whether other users may send this user direct messages."""
    user.allows_direct_messages = allowed
    user.save(update_fields=["allows_direct_messages"])
