"""Actions of the inbox: mark conversations as read, and undo it."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from accounts.models import User
from messaging.mentions.unread import MOST
from messaging.posting.mentions import read_all_mentions, restore_mentions
from rooms.models import Membership
from rooms.read_markers import ReadMarker, UnreadMarker, move_markers


class Position(NamedTuple):
    """The number of the last message that has been read in a room.

    mentions: the numbers of messages before it that are unread all the same, because an edit has added a mention.
    """

    room_id: int
    seq: int
    mentions: tuple[int, ...] = ()


@transaction.atomic
def mark_read(*, user: User, up_to: Sequence[Position]) -> list[Position]:
    """Mark rooms as read up to these messages. Return the positions before, of those that weren't read yet."""
    members = Membership.objects.filter(user=user, room__in=[each.room_id for each in up_to])
    before = dict(members.values_list("room", "last_read_seq"))
    move_markers([ReadMarker(user.pk, each.room_id, each.seq, follows_own=True) for each in up_to])
    mentions = read_all_mentions(user=user, up_to={each.room_id: each.seq for each in up_to})
    return [
        Position(each.room_id, before[each.room_id], _counted(mentions.get(each.room_id, ())))
        for each in up_to
        if each.room_id in before and (before[each.room_id] < each.seq or each.room_id in mentions)
    ]


@transaction.atomic
def mark_unread(*, user: User, positions: Sequence[Position]) -> None:
    """Mark the messages after these ones as unread, and the mentions before them."""
    restore_mentions(user=user, by_room={each.room_id: each.mentions for each in positions})
    move_markers([UnreadMarker(user.pk, each.room_id, each.seq + 1) for each in positions])


def _counted(seqs: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of the mentions that count as unread: the newest."""
    return tuple(sorted(seqs)[-MOST:])
