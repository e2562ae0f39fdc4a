"""The queue of deliveries. It is stored in the database.

A process claims some deliveries, which schedules their next attempt, and settles them once it knows what came of it. If
it dies in between, another one sends them again after the lease, with the same id.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind as AuditKind
from accounts.profile.notices import leave_notice
from integrations.models import OutgoingDelivery, OutgoingWebhook

LEASE = timedelta(minutes=1)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
FAILING_FOR = timedelta(hours=24)  # after which a webhook is switched off
PIECE = 40
PER_WEBHOOK = 4  # deliveries at a time

State = OutgoingDelivery.State


class Kind(Enum):
    """The kind of result of an attempt. LATER: it may work later. GONE: the other server wants nothing anymore."""

    DELIVERED = auto()
    LATER = auto()
    GONE = auto()
    DROPPED = auto()


class Outcome(NamedTuple):
    """The result of an attempt. `retry_after`: seconds, as the other server says.

    is_unavailable: whether the server gave no proper answer, so that others would fail as well.
    """

    kind: Kind
    reason: str = ""
    status: int | None = None
    retry_after: float = 0.0
    is_unavailable: bool = False


def is_any_due(busy: Mapping[int, int]) -> bool:
    """Return whether there is anything to claim, without locking the database."""
    return _due(timezone.now(), busy).exists()


@transaction.atomic
def claim(busy: Mapping[int, int]) -> list[OutgoingDelivery]:
    """Claim deliveries that are due, so that no other process makes them. `busy`: how many a webhook is making."""
    now, token = timezone.now(), uuid.uuid4()
    position = Window(RowNumber(), partition_by=F("webhook"), order_by=("due_at", "created_at", "message"))
    first = _due(now, busy).annotate(position=position).filter(position__lte=PER_WEBHOOK)
    ids = list(first.order_by("due_at").values_list("pk", flat=True)[:PIECE])
    if not ids:
        return []
    # One that another process has claimed in the meantime isn't due anymore.
    OutgoingDelivery.objects.filter(pk__in=ids, due_at__lte=now).update(
        claim=token, due_at=now + LEASE, attempts=F("attempts") + 1, attempted_at=now
    )
    claimed = OutgoingDelivery.objects.filter(claim=token).select_related("webhook__bot", "webhook__room")
    return list(claimed.order_by("created_at", "message"))


@transaction.atomic
def settle(delivery: OutgoingDelivery, outcome: Outcome) -> None:
    """Store what came of an attempt, for the delivery and for its webhook."""
    webhook = OutgoingWebhook.objects.select_for_update(of=("self",)).filter(pk=delivery.webhook_id).first()
    if webhook is None:
        return
    now = timezone.now()
    own = OutgoingDelivery.objects.filter(pk=delivery.pk, claim=delivery.claim)
    changes = {"claim": None, "status": outcome.status, "reason": outcome.reason, "due_at": None}
    if outcome.kind is Kind.LATER and now < delivery.expires_at:
        pause = max(pause_after(delivery.attempts), timedelta(seconds=outcome.retry_after))
        own.update(**changes | {"due_at": now + pause})
    else:
        own.update(**changes, state=_STATES[outcome.kind])
    _note(webhook, outcome, now)


_STATES = {
    Kind.DELIVERED: State.DELIVERED,
    Kind.LATER: State.FAILED,
    Kind.GONE: State.FAILED,
    Kind.DROPPED: State.DROPPED,
}


def pause_after(attempts: int) -> timedelta:
    """Return the time to the next attempt: 10, 20, 40 seconds … 1 hour."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _due(now: datetime, busy: Mapping[int, int]) -> "QuerySet[OutgoingDelivery]":
    full = [webhook_id for webhook_id, count in busy.items() if count >= PER_WEBHOOK]
    is_resting = Q(webhook__rests_until__gt=now)
    return OutgoingDelivery.objects.filter(~is_resting, due_at__lte=now, webhook__is_enabled=True).exclude(
        webhook__in=full
    )


def _note(webhook: OutgoingWebhook, outcome: Outcome, now: datetime) -> None:
    """Note in the webhook whether its server works, and switch it off if it has failed for too long."""
    if outcome.kind is Kind.DROPPED:
        return
    if outcome.kind is Kind.DELIVERED:
        webhook.failing_since, webhook.failures, webhook.rests_until, webhook.reason = None, 0, None, ""
    else:
        webhook.failing_since = webhook.failing_since or now
        webhook.reason = outcome.reason
        if outcome.is_unavailable:
            webhook.failures = min(webhook.failures + 1, 30_000)
            pause = max(pause_after(webhook.failures), timedelta(seconds=outcome.retry_after))
            webhook.rests_until = now + pause
        if outcome.kind is Kind.GONE or now - webhook.failing_since >= FAILING_FOR:
            _switch_off(webhook)
    webhook.save(update_fields=["failing_since", "failures", "rests_until", "reason", "is_enabled"])


def _switch_off(webhook: OutgoingWebhook) -> None:
    webhook.is_enabled = False
    waiting = OutgoingDelivery.objects.filter(webhook=webhook, due_at__isnull=False)
    waiting.update(due_at=None, claim=None, state=State.FAILED)
    audit.record(AuditKind.WEBHOOK_CHANGED, target=webhook.room, webhook=webhook.pk, is_enabled=False)
    owner = webhook.created_by
    if owner is not None:
        with translation.override(owner.preferred_language):
            text = _("The webhook of %(bot)s in %(room)s was switched off, because its server failed: %(reason)s")
            names = {"bot": webhook.bot.name, "room": webhook.room.name, "reason": webhook.reason}
            leave_notice(owner.pk, text % names, if_online=True)
