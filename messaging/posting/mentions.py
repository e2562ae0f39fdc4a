"""Actions on mentions that edits added to messages which their users had read: mark them as read, too."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from messaging.history import events
from messaging.mentions.added import restore_added
from messaging.models import AddedMention
from messaging.push.queue import enqueue_closings


def read_mentions(*, user: User, room_id: int, seqs: Collection[int]) -> None:
    """Mark those in these messages of a room as read. The room's read marker stays."""
    _read(user, Q(room=room_id, seq__in=seqs))


def read_all_mentions(*, user: User, up_to: Mapping[int, int]) -> Mapping[int, list[int]]:
    """Mark all in these rooms as read, up to the number of a message in each. Return the messages' numbers, by room."""
    if not up_to:
        return {}
    return _read(user, reduce(or_, (Q(room=room_id, seq__lte=seq) for room_id, seq in up_to.items())))


def restore_mentions(*, user: User, by_room: Mapping[int, Sequence[int]]) -> None:
    """Mark mentions in these messages as unread again. Messages that don't mention the user are left out."""
    for room_id, seqs in by_room.items():
        events.announce_mentions_restored(user.pk, room_id, restore_added(user.pk, room_id, seqs))


@transaction.atomic
def _read(user: User, condition: Q) -> Mapping[int, list[int]]:
    rows = AddedMention.objects.select_for_update().filter(condition, user=user).order_by("pk")
    by_room: dict[int, list[int]] = defaultdict(list)
    read = list(rows.values_list("pk", "room", "seq"))
    for _pk, room_id, seq in read:
        by_room[room_id].append(seq)
    if not read:
        return by_room
    AddedMention.objects.filter(pk__in=[pk for pk, _room_id, _seq in read]).delete()
    enqueue_closings((user.pk, room_id) for room_id in by_room)
    for room_id, seqs in by_room.items():
        events.announce_mentions_read(user.pk, room_id, sorted(seqs))
    return by_room
