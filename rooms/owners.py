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
    """Choose a new owner, who isn't a bot, for a room that has none left, and return them."""
    if owners_of(room).exists():
        return None
    people = room.memberships.filter(user__is_bot=False).order_by("joined_at")
    heir = people.filter(role=Membership.Role.MODERATOR).first() or people.first()
    if heir is None or room.created_by_id is None:
        return None
    previous_role, heir.role = heir.role, Membership.Role.OWNER
    heir.save(update_fields=["role"])
    return Heir(heir.user, previous_role)
