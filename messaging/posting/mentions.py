"""Actions on mentions that edits added to messages which their users had read: mark them as read, too."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from messaging.history import events
from messaging.models import AddedMention
from messaging.push.queue import enqueue_closings


def read_mentions(*, user: User, room_id: int, seqs: Collection[int]) -> None:
    """Mark those in these messages of a room as read. The room's read marker stays."""
    _read(user, Q(room=room_id, seq__in=seqs))


def read_all_mentions(*, user: User, up_to: Mapping[int, int]) -> None:
    """Mark all in these rooms as read, up to the number of a message in each."""
    if up_to:
        _read(user, reduce(or_, (Q(room=room_id, seq__lte=seq) for room_id, seq in up_to.items())))


@transaction.atomic
def _read(user: User, condition: Q) -> None:
    rows = AddedMention.objects.select_for_update().filter(condition, user=user).order_by("pk")
    by_room: dict[int, list[int]] = defaultdict(list)
    read = list(rows.values_list("pk", "room", "seq"))
    for _pk, room_id, seq in read:
        by_room[room_id].append(seq)
    if not read:
        return
    AddedMention.objects.filter(pk__in=[pk for pk, _room_id, _seq in read]).delete()
    enqueue_closings((user.pk, room_id) for room_id in by_room)
    for room_id, seqs in by_room.items():
        events.announce_mentions_read(user.pk, room_id, seqs)
