"""Read markers record how far each member has read. They are stored in batches, as many readers move them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from rooms import events
from rooms.errors import Refusal
from rooms.models import Membership
from rooms.permissions import outsider_refusal
from rooms.room_state import MemberKey, store_read_markers


@dataclass(frozen=True, slots=True)
class ReadMarker:
    """A request to mark a room as read up to the message `seq`."""

    user_id: int
    room_id: int
    seq: int

    @property
    def member_key(self) -> MemberKey:
        return self.user_id, self.room_id


@transaction.atomic
def mark_read(markers: Sequence[ReadMarker]) -> list[int | Refusal]:
    """Move read markers forward, at most to a room's last message, and publish them to the user's tabs.

    Return, for each marker, the sequence number up to which the room is now read, or a refusal.
    """
    stored = _stored(markers)
    read = {key: last_read_seq for key, (last_read_seq, _last_seq) in stored.items()}
    for marker in markers:
        if (key := marker.member_key) in stored:
            read[key] = max(read[key], min(marker.seq, stored[key][1]))
    raised = {key: seq for key, seq in read.items() if seq > stored[key][0]}
    if raised:
        store_read_markers(raised)
    for (user_id, room_id), seq in raised.items():
        events.announce_read(user_id, room_id, seq)
    keys = [marker.member_key for marker in markers]
    return [read[key] if key in stored else outsider_refusal(*key) for key in keys]


def _stored(markers: Sequence[ReadMarker]) -> dict[MemberKey, tuple[int, int]]:
    """Lock the memberships of active members. Return the last_read_seq and the room's last_seq of each.

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
        .only("user_id", "room_id", "last_read_seq", "room__last_seq")
        .order_by("user_id", "room_id")
        .select_for_update(of=("self",), no_key=True)
    )
    return {(member.user_id, member.room_id): (member.last_read_seq, member.room.last_seq) for member in members}
