"""Permissions in rooms: lookups of objects that a user may see, checks that raise refusals, and flags for templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.relations import Block
from rooms.errors import Archived, Blocked, Forbidden, NotAMember, NotFound, Refusal
from rooms.models import Ban, Membership, Room
from rooms.room_state import Poster, RoomState
from rooms.rows import MembershipRow, RoomRow

NO_ROOM = _("Room not found.")


@dataclass(frozen=True)
class RoomPermissions:
    """A user's permissions in a room. Superusers have an owner's permissions in public rooms, but not in others.

    `membership` is None for a user who is not in the room.
    """

    user: User
    room: Room | RoomRow
    membership: Membership | MembershipRow | None

    @property
    def role(self) -> str | None:
        return self.membership.role if self.membership else None

    @property
    def is_member(self) -> bool:
        return self.membership is not None

    @property
    def is_owner(self) -> bool:
        return not self.room.is_conversation and (self._is_ruling_superuser or self.role == Membership.Role.OWNER)

    @property
    def can_moderate(self) -> bool:
        if self.room.is_conversation:
            return False
        return self._is_ruling_superuser or bool(self.membership and self.membership.can_moderate)

    @property
    def can_invite(self) -> bool:
        if self.room.kind == Room.Kind.PRIVATE:
            return self.can_moderate
        return self.is_member and not self.room.is_conversation

    @property
    def can_pin(self) -> bool:
        return self.is_member if self.room.is_conversation else self.can_moderate

    @property
    def can_post(self) -> bool:
        """Ignores blocks, because opening a room must not reveal that one user blocks the other."""
        return self.membership is not None and posting_refusal(self.room, self.membership) is None

    def can_remove(self, membership: Membership) -> bool:
        return self.is_owner or (self.can_moderate and membership.role == Membership.Role.MEMBER)

    def can_ban(self, membership: Membership) -> bool:
        is_bannable = membership.role != Membership.Role.OWNER and not membership.user.is_superuser
        return is_bannable and self.can_remove(membership)

    @property
    def _is_ruling_superuser(self) -> bool:
        return self.user.is_superuser and self.room.kind == Room.Kind.PUBLIC


def permissions_in(room: Room, user: User) -> RoomPermissions:
    """Load a user's permissions in a room with one query."""
    return RoomPermissions(user, room, Membership.objects.filter(room=room, user=user).first())


# -- look-ups -------------------------------------------------------------------------------------


def find_room(user: User, room_id: int) -> Room:
    """Return a room. Raises the same NotFound whether it doesn't exist or the user may not see it."""
    room = Room.objects.visible_to(user).filter(pk=room_id).first()
    if room is None:
        raise NotFound(NO_ROOM)
    return room


def get_room_or_404(user: User, room_id: int) -> Room:
    try:
        return find_room(user, room_id)
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal


def get_named_room_or_404(user: User, room_id: int) -> Room:
    """Return a public or private room. Conversations have no settings, roles or bans."""
    room = get_room_or_404(user, room_id)
    if room.is_conversation:
        raise Http404
    return room


def find_membership(user: User, room_id: int) -> Membership:
    """Return the user's membership with its room. Raises NotAMember for rooms they may see, and NotFound for others."""
    membership = Membership.objects.visible().select_related("room").filter(user=user, room_id=room_id).first()
    if membership is None:
        find_room(user, room_id)
        raise NotAMember(_("Join this room first."))
    return membership


def lock_room(room: Room) -> Room:
    """Reload the room and lock its row until the transaction ends. Raises NotFound if it no longer exists."""
    locked = Room.objects.select_for_update().filter(pk=room.pk).first()
    if locked is None:
        raise NotFound(NO_ROOM)
    return locked


def is_banned(user: User, room: Room) -> bool:
    return not user.is_superuser and Ban.objects.in_force().filter(room=room, user=user).exists()


# -- checks ---------------------------------------------------------------------------------------


def require_person(user: User) -> None:
    """Refuse bots, which don't join or create rooms by themselves."""
    if user.is_bot:
        raise Forbidden(_("Bots can’t do this. Someone has to add them to the room."))


def require_owner(user: User, room: Room) -> None:
    if room.is_conversation:
        raise Forbidden(_("Conversations don’t have an owner."))
    if not permissions_in(room, user).is_owner:
        raise Forbidden(_("Only room owners can do this."))


def require_moderator(user: User, room: Room) -> None:
    if not permissions_in(room, user).can_moderate:
        raise Forbidden(_("Only owners and moderators can do this."))


def require_above(user: User, room: Room, membership: Membership | None) -> None:
    """Only let owners act on owners and moderators. `membership` is None for users outside the room."""
    if membership is None or membership.role == Membership.Role.MEMBER:
        require_moderator(user, room)
    else:
        require_owner(user, room)


def require_inviter(user: User, room: Room) -> None:
    if room.kind == Room.Kind.PRIVATE:
        require_moderator(user, room)
    elif not permissions_in(room, user).can_invite:
        raise Forbidden(_("Join the room before adding people."))


def require_consent(user: User, other: User) -> None:
    """Require that `other` accepts direct messages from `user`. The error hides the reason, which may be a block."""
    if User.objects.filter(closed_to(user), pk=other.pk).exists():
        text = _("%(name)s can’t be added by others. Send them an invite link instead.")
        raise Forbidden(text % {"name": other.name}, field="user")


def require_pinner(user: User, room: Room) -> None:
    """Require an owner or moderator, or a member of a conversation."""
    if room.is_conversation:
        find_membership(user, room.pk)
    else:
        require_moderator(user, room)


def require_poster(user: User, room_id: int) -> None:
    membership = find_membership(user, room_id)
    is_closed = membership.room.is_direct and bool(closed_direct_rooms([room_id]))
    if refusal := posting_refusal(membership.room, membership, is_closed=is_closed):
        raise refusal


def require_open(room: Room) -> None:
    """Raise Archived, or Blocked for a direct room whose users may not message each other.

    Every action that changes a message requires this, except deletion.
    """
    if room.is_archived:
        raise Archived
    if room.is_direct and closed_direct_rooms([room.pk]):
        raise Blocked


# -- posting --------------------------------------------------------------------------------------


def posting_refusal(
    room: Room | RoomRow | RoomState, member: Membership | MembershipRow | Poster, *, is_closed: bool = False
) -> Refusal | None:
    """Return a refusal if a member may not post in their room. `is_closed`: the room is in `closed_direct_rooms`."""
    if room.is_archived:
        return Archived()
    if is_closed:
        return Blocked()
    if room.is_read_only and not member.can_moderate:
        return Forbidden(_("Only owners and moderators can post in this room."))
    return None


def closed_direct_rooms(room_ids: Iterable[int]) -> set[int]:
    """Return the ids of direct rooms in which one user blocks the other or does not allow direct messages."""
    blocks = Block.objects.filter(blocker=OuterRef("user"), blocked__memberships__room=OuterRef("room"))
    closing = Membership.objects.filter(Q(user__allows_direct_messages=False) | Exists(blocks), room__in=room_ids)
    return set(closing.values_list("room_id", flat=True))


def closed_to(user: User) -> Q:
    """Return a condition for users who accept no direct messages from this user, and can't be added by them."""
    return Q(allows_direct_messages=False) | Q(Exists(Block.objects.filter(blocker=OuterRef("pk"), blocked=user)))


def can_open_direct_room(user: User, other: User) -> bool:
    """Return whether two users may start a direct room. The reason is not revealed, because it may be a block."""
    return not closed_between(user, [other])


def closed_between(user: User, others: Sequence[User]) -> list[User]:
    """Return those of these people with whom the user may not start a direct room. That takes two queries."""
    ids = [person.pk for person in others]
    allowing = set(
        User.objects.filter(pk__in=[user.pk, *ids], allows_direct_messages=True).values_list("pk", flat=True)
    )
    if user.pk not in allowing:
        return list(others)
    blocks = Block.objects.filter(Q(blocker=user, blocked__in=ids) | Q(blocker__in=ids, blocked=user))
    blocking = {pk for pair in blocks.values_list("blocker", "blocked") for pk in pair}
    return [person for person in others if person.pk not in allowing or person.pk in blocking]


def outsider_refusal(user_id: int, room_id: int) -> Refusal:
    """Return the refusal for a user who is not in this room or is suspended."""
    try:
        find_membership(User(pk=user_id), room_id)
    except Refusal as refusal:
        return refusal
    return NotFound(NO_ROOM)
