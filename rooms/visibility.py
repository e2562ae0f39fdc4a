"""The change of a room from public to private, or back."""

from django.utils.translation import gettext as _

from accounts.models import User
from rooms.errors import Forbidden, Invalid
from rooms.models import Membership, Room


def set_kind(actor: User | None, room: Room, kind: str) -> None:
    """Make a room public or private. Superusers may not do so in rooms that they don't own: they would lose access."""
    if room.is_conversation or kind not in (Room.Kind.PUBLIC, Room.Kind.PRIVATE):
        raise Invalid(_("Choose public or private."), field="kind")
    if actor is not None and not room.memberships.filter(user=actor, role=Membership.Role.OWNER).exists():
        raise Forbidden(_("Only room owners can change who can see it."), field="kind")
    room.kind = kind
    if kind == Room.Kind.PRIVATE:
        room.is_default = False
