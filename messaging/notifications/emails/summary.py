"""Reads the summary of what someone missed: their busiest conversations, and new public rooms.

What people whom they block or mute have written doesn't count, nor what they have read or cleared. A message that they
have read counts again if an edit has made it mention them, as in the inbox.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Count, F, Q
from django.db.models.functions import Greatest

from accounts.models import NotificationLevel, User
from messaging.models import AddedMention, Message
from messaging.notifications.content import read_people
from rooms.models import Membership, Room
from rooms.serializers import others_in, title_of

MAX_CONVERSATIONS = 10
MAX_NEW_ROOMS = 5
# The work for each person is bounded: in how many of their rooms messages are counted, and how many of the newest.
MAX_COUNTED_ROOMS = 50
MAX_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Busy:
    """A conversation with unread messages. `people`: how many wrote them. `is_capped`: there may be more."""

    room: Room
    title: str
    count: int
    people: int

    @property
    def is_capped(self) -> bool:
        return self.count >= MAX_COUNTED


@dataclass(frozen=True, slots=True)
class Summary:
    conversations: Sequence[Busy]
    new_rooms: Sequence[Room]

    def __bool__(self) -> bool:
        return bool(self.conversations or self.new_rooms)


def read_summary(user: User, since: datetime) -> Summary:
    """Return what happened since then that the user hasn't read, with a constant number of queries."""
    return Summary(_busiest(user, since), _new_rooms(user, since))


def _busiest(user: User, since: datetime) -> list[Busy]:
    added = _added_mentions(user, since)
    unread = {each.room_id: each for each in _unread_memberships(user, since, added.keys())}
    if not unread:
        return []
    newest = [Q(room=pk, seq__gt=max(_read(each), each.room.last_seq - MAX_COUNTED)) for pk, each in unread.items()]
    hidden = {user.pk, *user.blocklist.blocked, *user.blocklist.muted}
    mentions = [Q(room=pk, pk__in=added[pk], seq__gt=each.cleared_seq) for pk, each in unread.items() if pk in added]
    is_new = Q(reduce(or_, newest), created_at__gte=since)
    seen = Message.objects.seen_by(user).filter(reduce(or_, mentions, is_new), deleted_at=None)
    counted = seen.exclude(sender__in=hidden).order_by().values("room")
    counts = counted.annotate(count=Count("pk"), people=Count("sender", distinct=True))
    busiest = counts.order_by("-people", "-count", "room")[:MAX_CONVERSATIONS]
    rows = list(busiest.values_list("room", "count", "people"))
    rooms = {pk: unread[pk].room for pk, _count, _people in rows}
    titles = _titles(user, rooms.values())
    return [Busy(rooms[pk], titles[pk], count, people) for pk, count, people in rows]


def _added_mentions(user: User, since: datetime) -> Mapping[int, list[int]]:
    """Return the ids of messages that mention the user since they were edited, by room."""
    edited = AddedMention.objects.filter(user=user, message__edited_at__gte=since).order_by("-message")
    by_room: dict[int, list[int]] = defaultdict(list)
    for room_id, message_id in edited.values_list("room", "message")[:MAX_COUNTED]:
        by_room[room_id].append(message_id)
    return by_room


def _unread_memberships(user: User, since: datetime, with_mentions: Collection[int]) -> list[Membership]:
    found = Membership.objects.visible().filter(user=user, is_muted=False)
    is_unread = Q(room__last_at__gte=since, room__last_seq__gt=Greatest(F("last_read_seq"), F("cleared_seq")))
    unread = found.filter(is_unread | Q(room__in=with_mentions))
    wanted = unread.exclude(notification_level=NotificationLevel.NOTHING)
    return list(wanted.select_related("room").order_by("-room__last_at")[:MAX_COUNTED_ROOMS])


def _read(membership: Membership) -> int:
    return max(membership.last_read_seq, membership.cleared_seq)


def _titles(user: User, rooms: Collection[Room]) -> dict[int, str]:
    people = read_people([room.pk for room in rooms if room.is_conversation])
    return {
        room.pk: title_of(others_in(people[room.pk], user.pk, user.blocked_ids)) if room.is_conversation else room.name
        for room in rooms
    }


def _new_rooms(user: User, since: datetime) -> list[Room]:
    new = Room.objects.visible_to(user).active().filter(kind=Room.Kind.PUBLIC, created_at__gte=since)
    others = new.exclude(memberships__user=user).exclude(created_by__in=user.blocked_ids)
    return list(others.order_by("-created_at", "-pk")[:MAX_NEW_ROOMS])
