"""The queue of push notifications: what is to be sent to which device. It is stored in the database.

A process claims some notifications, which schedules the next attempt, and settles them once it knows what came of it.
If it dies in between, another one sends them again after the lease. A device shows them once: they have the same tag.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from accounts.sql import batched
from messaging.models import Message, PushSubscription, RoomPush, Trigger
from messaging.push import wakeup
from messaging.push.services import is_apple

LIFETIME = timedelta(hours=24)
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
KEPT = timedelta(days=7)  # after which notifications that were never read aren't closed anymore

URGENT = frozenset({Trigger.DIRECT, Trigger.MENTION, Trigger.GROUP, Trigger.REPLY})
_RENEWED = ("message", "summary_since", "urgency", "is_closing", "due_at", "expires_at", "claim", "attempts")


class Push(NamedTuple):
    """A message of which a user is notified on their devices. `trigger`: why it concerns them.

    summary_since: to sum up all messages held back from then on, the last of which it is.
    """

    user_id: int
    room_id: int
    message_id: int
    seq: int
    trigger: str
    summary_since: datetime | None = None


class Claim(NamedTuple):
    """Notifications to be sent by this process. `shown`: the ids of those that replace one that may be shown."""

    token: uuid.UUID
    ids: list[int]
    shown: frozenset[int]


def enqueue_pushes(pushes: Iterable[Push]) -> None:
    """Notify users on all their devices, once the transaction is committed."""
    ordered = sorted(pushes, key=lambda push: push.seq)
    devices: dict[int, list[int]] = {}
    for user_ids in batched({push.user_id for push in ordered}):
        for pk, user_id in PushSubscription.objects.filter(user__in=user_ids).values_list("pk", "user_id"):
            devices.setdefault(user_id, []).append(pk)
    now = timezone.now()
    rows: dict[tuple[int, int], RoomPush] = {}  # by device and room: PostgreSQL can't insert one twice at once
    for each in ordered:
        for device in devices.get(each.user_id, ()):
            rows[device, each.room_id] = RoomPush(
                subscription_id=device,
                room_id=each.room_id,
                message_id=each.message_id,
                summary_since=each.summary_since,
                urgency=RoomPush.Urgency.HIGH if each.trigger in URGENT else RoomPush.Urgency.NORMAL,
                due_at=now,
                expires_at=now + LIFETIME,
            )
    if rows:
        RoomPush.objects.bulk_create(
            [rows[key] for key in sorted(rows)],  # so that all transactions lock them in the same order
            batch_size=500,
            update_conflicts=True,
            update_fields=_RENEWED,
            unique_fields=["subscription", "room"],
        )
        transaction.on_commit(wakeup.wake)


def enqueue_closings(read: Iterable[tuple[int, int]]) -> None:
    """End the notifications of these rooms, as pairs of (user id, room id), on the users' devices."""
    keys = set(read)
    shown = _shown().filter(
        subscription__user__in={user_id for user_id, _room in keys}, room__in={room_id for _user, room_id in keys}
    )
    found = shown.values_list("pk", "subscription__user", "room", "subscription__endpoint")
    _close({pk: endpoint for pk, user_id, room_id, endpoint in found if (user_id, room_id) in keys})


def enqueue_closings_of(messages: Collection[Message]) -> None:
    """End the notifications that show one of these messages. Those that still wait are dropped later."""
    ids = [message.pk for message in messages]
    shown = _sent().filter(room__in={message.room_id for message in messages}, message__in=ids)
    _close(dict(shown.values_list("pk", "subscription__endpoint")))


def enqueue_closings_from(*, sender_id: int, user_id: int) -> None:
    """End a user's notifications of the messages of someone, whom they don't want to hear of anymore."""
    shown = _sent().filter(subscription__user=user_id, message__sender=sender_id)
    _close(dict(shown.values_list("pk", "subscription__endpoint")))


def is_any_due() -> bool:
    return RoomPush.objects.filter(due_at__lte=timezone.now()).exists()


@transaction.atomic
def claim(most: int) -> Claim:
    """Claim notifications that are due, so that no other process sends them."""
    now, token = timezone.now(), uuid.uuid4()
    due = RoomPush.objects.filter(due_at__lte=now).order_by("due_at", "pk").select_for_update(skip_locked=True)
    found = dict(due.values_list("pk", "is_shown")[:most])
    if found:
        RoomPush.objects.filter(pk__in=found).update(
            claim=token, due_at=now + LEASE, attempts=F("attempts") + 1, is_shown=True
        )
    return Claim(token, list(found), frozenset(pk for pk, is_shown in found.items() if is_shown))


@dataclass(slots=True)
class Settled:
    """The results of some claimed notifications. Those that got a newer message in the meantime are sent again.

    sent, closed, dropped: ids. delayed: ids with the time until the next attempt.
    """

    sent: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    delayed: list[tuple[int, timedelta]] = field(default_factory=list)


@transaction.atomic
def settle(claimed: Claim, settled: Settled) -> None:
    now, own = timezone.now(), RoomPush.objects.filter(claim=claimed.token)
    sent = own.filter(pk__in=settled.sent)
    if settled.sent:
        sent.filter(is_closing=True).update(due_at=now, claim=None, attempts=0)  # read while it was being sent
        sent.filter(is_closing=False).update(due_at=None, claim=None, attempts=0)
    if dropped := set(settled.dropped):
        own.filter(pk__in=dropped & claimed.shown).update(due_at=None, claim=None, attempts=0)
    if gone := (dropped - claimed.shown).union(settled.closed):
        own.filter(pk__in=gone).delete()
    by_pause: dict[timedelta, list[int]] = {}
    for pk, pause in settled.delayed:
        by_pause.setdefault(pause, []).append(pk)
    for pause, ids in by_pause.items():
        own.filter(pk__in=ids).update(due_at=now + pause, claim=None)


def pause_after(attempts: int) -> timedelta:
    """Return the time to the next attempt: 30 seconds, 1, 2, 4 … 60 minutes."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def outdated() -> QuerySet[RoomPush]:
    return RoomPush.objects.filter(expires_at__lt=timezone.now() - KEPT)


def _shown() -> QuerySet[RoomPush]:
    return RoomPush.objects.filter(is_shown=True, is_closing=False)


def _sent() -> QuerySet[RoomPush]:
    """Leave out those that show an earlier message while another one waits, and summaries, which show no message."""
    return _shown().filter(summary_since=None).exclude(due_at__isnull=False, claim=None, attempts=0)


def _close(endpoints: Mapping[int, str]) -> None:
    """End notifications, given by their ids with the endpoints of their devices."""
    if not endpoints:
        return
    apple = {pk for pk, endpoint in endpoints.items() if is_apple(endpoint)}
    RoomPush.objects.filter(pk__in=apple, due_at=None).delete()
    if others := endpoints.keys() - apple:
        now = timezone.now()
        # One that is being sent is closed after that.
        due_at = Case(When(claim__isnull=True, then=Value(now)), default=F("due_at"))
        RoomPush.objects.filter(pk__in=others).update(is_closing=True, due_at=due_at, attempts=0)
        transaction.on_commit(wakeup.wake)
