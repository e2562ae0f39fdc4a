"""How far people have read: stored together, since all readers of a message write it at the same moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from rooms import events
from rooms.errors import Refusal
from rooms.models import Membership
from rooms.permissions import outsider_refusal
from rooms.room_state import MemberKey, store_reads


@dataclass(frozen=True, slots=True)
class ReadMarker:
    """Somebody has read a room up to the message `seq`."""

    user_id: int
    room_id: int
    seq: int

    @property
    def place(self) -> MemberKey:
        return self.user_id, self.room_id


@transaction.atomic
def mark_read(marks: Sequence[ReadMarker]) -> list[int | Refusal]:
    """Store these, never backwards and never past the room's end.

    Returns for each the number that now holds, or why it was refused. The person's other tabs hear of it.
    """
    known = _known(marks)
    read = {place: last_read_seq for place, (last_read_seq, _) in known.items()}
    for mark in marks:
        if mark.place in known:
            read[mark.place] = max(read[mark.place], min(mark.seq, known[mark.place][1]))
    risen = {place: seq for place, seq in read.items() if seq > known[place][0]}
    if risen:
        store_reads(risen)
    for (user_id, room_id), seq in risen.items():
        events.announce_read(user_id, room_id, seq)
    return [read[mark.place] if mark.place in known else outsider_refusal(*mark.place) for mark in marks]


def _known(marks: Sequence[ReadMarker]) -> dict[MemberKey, tuple[int, int]]:
    """How far each has read, and how far the room goes."""
    rows = (
        Membership.objects.visible()
        .filter(
            user_id__in={mark.user_id for mark in marks},
            room_id__in={mark.room_id for mark in marks},
            user__is_active=True,
        )
        .values_list("user_id", "room_id", "last_read_seq", "room__last_seq")
    )
    return {(user_id, room_id): (last_read_seq, last_seq) for user_id, room_id, last_read_seq, last_seq in rows}
