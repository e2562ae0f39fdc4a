"""The owners of a room, and who becomes the owner when the last one leaves."""

from typing import NamedTuple

from django.db.models import QuerySet

from accounts.models import User
from rooms.models import Membership, Room


class Heir(NamedTuple):
    """A member who has become the owner, and their role before that."""

    user: User
    previous_role: str


def owners_of(room: Room) -> QuerySet[Membership]:
    return room.memberships.filter(role=Membership.Role.OWNER)


def hand_over(room: Room) -> Heir | None:
    """Choose a new owner for a room that has none left, and return them."""
    if owners_of(room).exists():
        return None
    moderators = room.memberships.filter(role=Membership.Role.MODERATOR)
    heir = (moderators.order_by("joined_at").first()) or room.memberships.order_by("joined_at").first()
    if heir is None or room.created_by_id is None:
        return None
    previous_role, heir.role = heir.role, Membership.Role.OWNER
    heir.save(update_fields=["role"])
    return Heir(heir.user, previous_role)
