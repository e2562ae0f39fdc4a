"""The permission doors: to fetch is to be allowed, and what one may not see is not there."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from accounts.models import Block, User
from rooms.errors import Forbidden, NotAMember, NotFound, Refusal
from rooms.models import Ban, Membership, Room

NO_ROOM = "Room not found."


def find_room(user: User, room_id: int) -> Room:
    """The room, if this person may know of it; NotFound otherwise, in the same words for both reasons."""
    room = Room.objects.visible_to(user).filter(pk=room_id).first()
    if room is None:
        raise NotFound(NO_ROOM)
    return room


def get_room_or_404(user: User, room_id: int) -> Room:
    try:
        return find_room(user, room_id)
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal


def find_membership(user: User, room_id: int) -> Membership:
    """This person's membership with its room. NotFound for a hidden room, NotAMember for a public one."""
    membership = Membership.objects.visible().select_related("room").filter(user=user, room_id=room_id).first()
    if membership is None:
        find_room(user, room_id)
        raise NotAMember("Join this room first.")
    return membership


def takes_none_between(user: User, other: User) -> bool:
    """Whether these two cannot begin to write to each other directly. One answer for every reason: that somebody
    blocks is not to be found out."""
    pair = [user.pk, other.pk]
    blocks = Block.objects.filter(blocker__in=pair, blocked__in=pair)
    return User.objects.filter(pk__in=pair, allows_direct_messages=False).exists() or blocks.exists()


def closed_direct_rooms(room_ids: Iterable[int]) -> set[int]:
    """Those of these direct rooms in which neither may write: one of the two takes no direct messages, or blocks."""
    blocks = Block.objects.filter(blocker=OuterRef("user"), blocked__memberships__room=OuterRef("room"))
    places = Membership.objects.filter(room__in=room_ids)
    return set(places.filter(Q(user__allows_direct_messages=False) | Exists(blocks)).values_list("room_id", flat=True))


def refused_outsider(user_id: int, room_id: int) -> Refusal:
    """Why somebody who is not in this room, or is suspended, may not do what only those in it may."""
    try:
        find_membership(User(pk=user_id), room_id)
    except Refusal as refusal:
        return refusal
    return NotFound(NO_ROOM)


def lock_room(room: Room) -> Room:
    """The room as it is now, held until the transaction ends."""
    locked = Room.objects.select_for_update().filter(pk=room.pk).first()
    if locked is None:
        raise NotFound(NO_ROOM)
    return locked


def is_banned(user: User, room: Room) -> bool:
    return not user.is_superuser and Ban.objects.in_force().filter(room=room, user=user).exists()


def require_owner(user: User, room: Room) -> None:
    """Owners rule their room; superusers rule public rooms, and no other."""
    if room.is_direct:
        raise Forbidden("Direct messages don’t have an owner.")
    if user.is_superuser and room.kind == Room.Kind.PUBLIC:
        return
    if not room.memberships.filter(user=user, role=Membership.Role.OWNER).exists():
        raise Forbidden("Only room owners can do this.")


def require_moderator(user: User, room: Room) -> None:
    if not moderates(user, room):
        raise Forbidden("Only owners and moderators can do this.")


def moderates(user: User, room: Room) -> bool:
    return can_moderate(user, room, room.memberships.filter(user=user).first())


def require_pinner(user: User, room: Room) -> None:
    """Owners and moderators pin messages; between two people, both do."""
    if room.is_direct:
        find_membership(user, room.pk)
    else:
        require_moderator(user, room)


def can_moderate(user: User, room: Room, membership: Membership | None) -> bool:
    """What `require_moderator` says, where the membership was read already."""
    if user.is_superuser and room.kind == Room.Kind.PUBLIC:
        return True
    return not room.is_direct and membership is not None and membership.can_moderate


def can_post(room: Room, membership: Membership | None) -> bool:
    """What storing a post asks, where both were read already."""
    if membership is None or room.is_archived:
        return False
    return membership.can_moderate or not room.is_read_only


def can_pin(user: User, room: Room, membership: Membership | None) -> bool:
    """What `require_pinner` says, where the membership was read already."""
    return membership is not None if room.is_direct else can_moderate(user, room, membership)
