"""Read markers record how far each member has read. They are stored in batches, as many readers move them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from rooms import events
from rooms.errors import Refusal
from rooms.models import Membership
from rooms.permissions import outsider_refusal
from rooms.room_state import MemberKey, lower_read_markers, store_read_markers


@dataclass(frozen=True, slots=True)
class Marker:
    """A request of a member to move their read marker in a room."""

    user_id: int
    room_id: int
    seq: int

    @property
    def member_key(self) -> MemberKey:
        return self.user_id, self.room_id


@dataclass(frozen=True, slots=True)
class ReadMarker(Marker):
    """Marks a room as read up to the message `seq`.

    known: the marker's position that the client knew. If the marker is now before it, the member has marked messages as
    unread in the meantime, and this older request must not undo that.
    """

    known: int | None = None

    def moved(self, membership: Membership) -> int:
        if self.known is not None and membership.last_read_seq < self.known:
            return membership.last_read_seq
        return max(membership.last_read_seq, min(self.seq, membership.room.last_seq))


@dataclass(frozen=True, slots=True)
class UnreadMarker(Marker):
    """Marks the message `seq` and all later ones as unread, except those in the history that the member has cleared."""

    def moved(self, membership: Membership) -> int:
        return min(membership.last_read_seq, max(self.seq - 1, membership.cleared_seq))


@transaction.atomic
def move_markers(markers: Sequence[ReadMarker | UnreadMarker]) -> list[int | Refusal]:
    """Move read markers, and publish them to the user's tabs.

    Return, for each marker, the sequence number up to which the room is now read, or a refusal.
    """
    members = _lock_members(markers)
    before = {key: member.last_read_seq for key, member in members.items()}
    for marker in markers:
        if member := members.get(marker.member_key):
            member.last_read_seq = marker.moved(member)
    after = {key: member.last_read_seq for key, member in members.items()}
    _raise({key: seq for key, seq in after.items() if seq > before[key]})
    _lower({key: seq for key, seq in after.items() if seq < before[key]})
    keys = [marker.member_key for marker in markers]
    return [after[key] if key in after else outsider_refusal(*key) for key in keys]


def _lock_members(markers: Sequence[Marker]) -> dict[MemberKey, Membership]:
    """Lock the memberships of active members.

    Without the lock, another process could move a marker further, and a lower one would be published after it. The rows
    are locked in the order of `store_read_markers`.
    """
    members = (
        Membership.objects.visible()
        .filter(
            user_id__in={marker.user_id for marker in markers},
            room_id__in={marker.room_id for marker in markers},
            user__is_active=True,
        )
        .select_related("room")
        .only("user_id", "room_id", "last_read_seq", "cleared_seq", "room__last_seq")
        .order_by("user_id", "room_id")
        .select_for_update(of=("self",), no_key=True)
    )
    return {(member.user_id, member.room_id): member for member in members}


def _raise(markers: dict[MemberKey, int]) -> None:
    if markers:
        store_read_markers(markers)
    for (user_id, room_id), seq in markers.items():
        events.announce_read(user_id, room_id, seq)


def _lower(markers: dict[MemberKey, int]) -> None:
    if markers:
        lower_read_markers(markers)
    for (user_id, room_id), seq in markers.items():
        events.announce_unread(user_id, room_id, seq + 1)
