"""Finds the messages that webhooks send, without any work for those who post them.

Each webhook has the number up to which its room has been looked through. Numbers have no gaps, so what is left is known
exactly, also after a crash: the number and the deliveries are stored in one transaction.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing.triggers import is_sent
from messaging.history.journal import after, floor_of
from rooms.models import Membership

WEBHOOKS = 20  # in each piece
MESSAGES = 50  # of each of their rooms
LIFETIME = timedelta(hours=24)
MAX_WAITING = 1_000  # deliveries of a webhook

State = OutgoingDelivery.State


def is_any_left() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return _left().exists()


@transaction.atomic
def find_deliveries() -> bool:
    """Store the deliveries of some messages that are left. Return whether there were any such messages."""
    webhooks = list(_left().select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:WEBHOOKS])
    for webhook in webhooks:
        _look_through(webhook)
    return bool(webhooks)


def _left() -> "QuerySet[OutgoingWebhook]":
    found = OutgoingWebhook.objects.select_related("bot", "room")
    return found.filter(is_enabled=True, room__last_seq__gt=F("seq"))


def _look_through(webhook: OutgoingWebhook) -> None:
    last_seq = webhook.room.last_seq
    if _reads(webhook):
        floor = floor_of(webhook.bot, webhook.room_id)
        page = after(webhook.room_id, webhook.seq, viewer=webhook.bot, floor=floor, limit=MESSAGES)
        _store(webhook, [message.pk for message in page.messages if is_sent(message, webhook)])
        if page.messages:  # which may be newer than the room as it was read
            last_seq = page.messages[-1].seq if page.has_newer else max(last_seq, page.messages[-1].seq)
    OutgoingWebhook.objects.filter(pk=webhook.pk).update(seq=last_seq)


def _reads(webhook: OutgoingWebhook) -> bool:
    members = Membership.objects.visible().filter(user=webhook.bot_id, room=webhook.room_id)
    return webhook.bot.is_active and members.exists()


def _store(webhook: OutgoingWebhook, message_ids: list[int]) -> None:
    if not message_ids:
        return
    now = timezone.now()
    left = MAX_WAITING - OutgoingDelivery.objects.filter(webhook=webhook, due_at__isnull=False).count()
    OutgoingDelivery.objects.bulk_create(
        [_delivery(webhook, message_id, now, fits=index < left) for index, message_id in enumerate(message_ids)]
    )


def _delivery(webhook: OutgoingWebhook, message_id: int, now: datetime, *, fits: bool) -> OutgoingDelivery:
    delivery = OutgoingDelivery(webhook=webhook, message_id=message_id, created_at=now, expires_at=now + LIFETIME)
    if fits:
        delivery.due_at = now
    else:
        delivery.state, delivery.reason = State.DROPPED, "too many are waiting"
    return delivery
