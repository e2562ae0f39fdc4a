"""Transfers a room's ownership from one of its owners to another member."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import Membership, Room
from rooms.permissions import lock_room

ROLES_AFTERWARDS = (Membership.Role.MODERATOR, Membership.Role.MEMBER)


@transaction.atomic
def transfer_ownership(*, actor: User, room: Room, user: User, role: str = Membership.Role.MODERATOR) -> None:
    """Make a member an owner, and give the actor `role` instead of theirs, in one step.

    Other owners stay owners. Raises Forbidden if the actor isn't an owner who is in the room, Invalid or NotFound.
    """
    room = lock_room(room)
    members = {each.user_id: each for each in room.memberships.filter(user__in=[actor.pk, user.pk])}
    require_transferable(room, members.get(actor.pk))
    if role not in ROLES_AFTERWARDS:
        raise Invalid(_("Choose moderator or member."), field="role")
    if user.pk == actor.pk:
        raise Invalid(_("You already own this room. Choose someone else."), field="user")
    if not user.is_active:
        raise Invalid(_("%(name)s has no active account.") % {"name": user.name}, field="user")
    if user.pk not in members:
        raise NotFound(_("%(name)s isn’t in this room.") % {"name": user.name}, field="user")
    if members[user.pk].role != Membership.Role.OWNER:
        _set_role(actor, members[user.pk], user, Membership.Role.OWNER, room)
    _set_role(actor, members[actor.pk], actor, role, room)
    events.announce_joined(actor, user, room=room)
    events.leave_ownership_notice(user, actor, room)


def require_transferable(room: Room, membership: Membership | None) -> None:
    """Raise Forbidden unless the membership is an owner's. Superusers who aren't members can't transfer a room."""
    if room.is_conversation:
        raise Forbidden(_("Conversations don’t have an owner."))
    if membership is None or membership.role != Membership.Role.OWNER:
        raise Forbidden(_("Only room owners can do this."))


def _set_role(actor: User, membership: Membership, user: User, role: str, room: Room) -> None:
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(Kind.ROLE_CHANGED, actor=actor, target=user, role=role, room=room.pk, room_name=room.name)
