"""Finds the notifications that are due by email, and checks whether their emails are still wanted."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Max, Q, QuerySet

from accounts.mail.addresses import verified_addresses
from accounts.models import Connection, NotificationLevel
from accounts.models.relations import Blocklist, blocklists_for
from messaging.models import AddedMention, EmailDelay, Notification, NotificationPreferences
from rooms.models import Membership, Room

PIECE = 20  # conversations, because composing an email takes a few milliseconds
MAX_LOOKED_AT = 200  # due notifications, in which these conversations are found
MAX_PENDING = 10_000  # notifications of these conversations
GIVE_UP_AFTER = timedelta(hours=24)  # as with queued emails: after an outage or a restore, and for people who stay
PAUSE = timedelta(minutes=30)  # between two emails about the same conversation, however many messages come
MAX_PER_PAUSE = 20  # conversations about which a person gets emails within PAUSE

Key = tuple[int, int]  # the ids of a person and a room


class Outcome(Enum):
    SEND = auto()
    COVERED = auto()  # by an email of the same piece, which doesn't say what it is about
    WAIT = auto()
    DROP = auto()


class Pending(NamedTuple):
    """A notification that may have to be sent, with facts about its message."""

    pk: int
    user_id: int
    room_id: int
    seq: int
    message_id: int
    created_at: datetime
    sender_id: int
    deleted_at: datetime | None


_FIELDS = ("pk", "user", "room", "seq", "message", "created_at", "message__sender", "message__deleted_at")


@dataclass(slots=True)
class Conversation:
    """The pending notifications of a person in a room, oldest first. `unread`: those still to be sent."""

    key: Key
    pending: list[Pending]
    unread: list[Pending] = field(default_factory=list)
    outcome: Outcome = Outcome.DROP

    @property
    def condition(self) -> Q:
        user_id, room_id = self.key
        return Q(user=user_id, room=room_id, pk__lte=self.pending[-1].pk)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides about emails of some conversations, as it is now.

    added: the unread mentions that edits added, as pairs of the ids of a person and a message.
    """

    memberships: Mapping[Key, Membership]
    preferences: Mapping[int, NotificationPreferences]
    addresses: Mapping[int, str]
    blocklists: Mapping[int, Blocklist]
    present: Collection[int]
    emailed: Mapping[Key, datetime]
    added: Collection[Key]

    def preferences_of(self, user_id: int) -> NotificationPreferences:
        return self.preferences.get(user_id) or NotificationPreferences(user_id=user_id)


def due(now: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(email_due_at__lte=now).order_by("email_due_at", "pk")


def find_conversations(now: datetime) -> list[Conversation]:
    """Return the conversations whose emails are due first, with all that is pending in each, also if it isn't due."""
    found = due(now).values_list("user", "room")[:MAX_LOOKED_AT]
    keys = list(dict.fromkeys(found))[:PIECE]
    if not keys:
        return []
    by_key = {each.key: each for each in group(Notification.objects.filter(any_of(keys), email_due_at__isnull=False))}
    return [by_key[key] for key in keys if key in by_key]


def group(notifications: QuerySet[Notification]) -> list[Conversation]:
    """Return the conversations of these notifications, at most of the first MAX_PENDING."""
    by_key: dict[Key, list[Pending]] = defaultdict(list)
    for row in notifications.order_by("pk").values_list(*_FIELDS)[:MAX_PENDING]:
        each = Pending(*row)
        by_key[each.user_id, each.room_id].append(each)
    return [Conversation(key, pending) for key, pending in by_key.items()]


def load_facts(keys: Sequence[Key], now: datetime) -> Facts:
    """Load the facts about these conversations with one query for each."""
    user_ids = {user_id for user_id, _room_id in keys}
    memberships = Membership.objects.visible().filter(any_of(keys)).select_related("user", "room")
    present = Connection.objects.live().filter(user__in=user_ids, idle_since__isnull=True)
    emailed = Notification.objects.filter(user__in=user_ids, emailed_at__gt=now - PAUSE)
    return Facts(
        memberships={(each.user_id, each.room_id): each for each in memberships},
        preferences=NotificationPreferences.objects.in_bulk(user_ids),
        addresses=verified_addresses(user_ids),
        blocklists=blocklists_for(user_ids),
        present=set(present.exclude(kind=Connection.Kind.BOT).values_list("user", flat=True)),
        emailed={
            (user_id, room_id): at
            for user_id, room_id, at in emailed.values_list("user", "room").annotate(at=Max("emailed_at")).order_by()
        },
        added=set(AddedMention.objects.filter(any_of(keys)).values_list("user", "message")),
    )


def assess(conversations: Iterable[Conversation], facts: Facts, now: datetime) -> None:
    """Decide what becomes of each conversation."""
    recent: dict[int, set[int]] = defaultdict(set)
    for user_id, room_id in facts.emailed:
        recent[user_id].add(room_id)
    chosen: set[int] = set()
    for each in conversations:
        user_id, room_id = each.key
        each.unread = unread_in(each, facts, now)
        each.outcome = _outcome(each, facts, recent[user_id], is_chosen=user_id in chosen)
        if each.outcome == Outcome.SEND:
            chosen.add(user_id)
            recent[user_id].add(room_id)


def unread_in(conversation: Conversation, facts: Facts, now: datetime) -> list[Pending]:
    """Return what the person still should be told by email."""
    membership = facts.memberships.get(conversation.key)
    if membership is None or not membership.user.is_active or not _is_wanted(membership, facts):
        return []
    read = max(membership.last_read_seq, membership.cleared_seq)
    blocked, muted = facts.blocklists[membership.user_id]
    return [
        each
        for each in conversation.pending
        if (each.seq > read or ((each.user_id, each.message_id) in facts.added and each.seq > membership.cleared_seq))
        and each.deleted_at is None
        and each.sender_id not in blocked
        and each.sender_id not in muted
        and each.created_at > now - GIVE_UP_AFTER
    ]


def any_of(keys: Iterable[Key]) -> Q:
    return reduce(or_, (Q(user=user_id, room=room_id) for user_id, room_id in keys))


def _outcome(conversation: Conversation, facts: Facts, recent: Collection[int], *, is_chosen: bool) -> Outcome:
    """`recent`: the rooms about which the person got emails lately. `is_chosen`: whether they get one now."""
    user_id, room_id = conversation.key
    if not conversation.unread or user_id not in facts.addresses:
        return Outcome.DROP
    if user_id in facts.present:
        return Outcome.WAIT
    if not facts.preferences_of(user_id).shows_content:
        if is_chosen:
            return Outcome.COVERED
        return Outcome.WAIT if recent else Outcome.SEND
    return Outcome.WAIT if room_id in recent or len(recent) >= MAX_PER_PAUSE else Outcome.SEND


def _is_wanted(membership: Membership, facts: Facts) -> bool:
    preferences = facts.preferences_of(membership.user_id)
    own = "" if membership.room.kind in (Room.Kind.DIRECT, Room.Kind.GROUP) else preferences.level
    level = membership.notification_level or own
    return (
        not membership.is_muted and level != NotificationLevel.NOTHING and preferences.email_delay != EmailDelay.NEVER
    )
