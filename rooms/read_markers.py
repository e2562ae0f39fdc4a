"""Read markers record how far each member has read. They are stored in batches, as many readers move them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.utils import timezone

from rooms import events
from rooms.errors import Refusal
from rooms.models import Membership
from rooms.permissions import outsider_refusal
from rooms.room_state import MemberKey, lower_read_markers, store_read_markers
from rooms.serializers import find_unread_mentions
from rooms.signals import rooms_read

UNDER_WAY = timedelta(seconds=3)  # how long a request may take that a client sent before it knew of the mark


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
    """Marks a room as read up to the message `seq`, unless the member has marked messages as unread since it was sent.

    known: the marker's position that the client knew.
    marked_unread_at: the membership's `marked_unread_at` that it knew; "" if it doesn't say.
    follows_own: the same connection has marked messages of the room as unread before.
    """

    known: int | None = None
    marked_unread_at: datetime | Literal[""] | None = ""
    follows_own: bool = False

    def moved(self, membership: Membership) -> int:
        if self._is_outdated(membership):
            return membership.last_read_seq
        return max(membership.last_read_seq, min(self.seq, membership.room.last_seq))

    def _is_outdated(self, membership: Membership) -> bool:
        position, marked_at = membership.last_read_seq, membership.marked_unread_at
        if self.marked_unread_at != "":
            return self.marked_unread_at != marked_at
        if self.known is not None and position < self.known:
            return True
        is_recent = marked_at is not None and timezone.now() - marked_at < UNDER_WAY
        return is_recent and not self.follows_own and self.known != position


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
    now, marked = _now(), set()
    for marker in markers:
        if member := members.get(marker.member_key):
            if (seq := marker.moved(member)) < member.last_read_seq:
                member.marked_unread_at = now
                marked.add(marker.member_key)
            member.last_read_seq = seq
    after = {key: member.last_read_seq for key, member in members.items()}
    _raise({key: seq for key, seq in after.items() if seq > before[key] and key not in marked})
    _lower({key: after[key] for key in marked}, now)
    keys = [marker.member_key for marker in markers]
    return [after[key] if key in after else outsider_refusal(*key) for key in keys]


def _now() -> datetime:
    """Return the time with the precision of the protocol, because clients send it back."""
    now = timezone.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


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
        .only("user_id", "room_id", "last_read_seq", "marked_unread_at", "cleared_seq", "room__last_seq")
        .order_by("user_id", "room_id")
        .select_for_update(of=("self",), no_key=True)
    )
    return {(member.user_id, member.room_id): member for member in members}


def _raise(markers: dict[MemberKey, int]) -> None:
    if markers:
        store_read_markers(markers)
        rooms_read.send(Membership, keys=markers.keys())
    for (user_id, room_id), seq in markers.items():
        events.announce_read(user_id, room_id, seq)


def _lower(markers: dict[MemberKey, int], at: datetime) -> None:
    if not markers:
        return
    lower_read_markers(markers, at)
    mentions = find_unread_mentions({user_id for user_id, _room_id in markers})
    for (user_id, room_id), seq in markers.items():
        events.announce_unread(user_id, room_id, seq + 1, at, mentions.get((user_id, room_id), ()))
