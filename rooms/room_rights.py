"""What the pages offer a person in a room. Only what is shown: the actions decide for themselves."""

from dataclasses import dataclass

from accounts.models import User
from rooms.models import Membership, Room


@dataclass(frozen=True)
class Rights:
    role: str | None
    is_member: bool
    is_owner: bool
    can_moderate: bool
    can_invite: bool

    def can_ban(self, membership: Membership) -> bool:
        is_owner, is_superuser = membership.role == Membership.Role.OWNER, membership.user.is_superuser
        return not is_owner and not is_superuser and self.can_remove(membership)

    def can_remove(self, membership: Membership) -> bool:
        return self.is_owner or (self.can_moderate and membership.role == Membership.Role.MEMBER)


def rights_in(room: Room, user: User) -> Rights:
    """One query. Superusers rule public rooms as their owners do, but bring others in only as members."""
    membership = Membership.objects.filter(room=room, user=user).first()
    role = membership.role if membership else None
    rules = user.is_superuser and room.kind == Room.Kind.PUBLIC
    is_owner = not room.is_direct and (rules or role == Membership.Role.OWNER)
    can_moderate = not room.is_direct and (rules or bool(membership and membership.can_moderate))
    can_invite = can_moderate if room.kind == Room.Kind.PRIVATE else not room.is_direct and membership is not None
    return Rights(role, membership is not None, is_owner, can_moderate, can_invite)
