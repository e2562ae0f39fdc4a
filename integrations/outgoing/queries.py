"""Reads the deliveries of a webhook, for its page and the API."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.models import OutgoingDelivery, OutgoingWebhook
from rooms.errors import NotFound

SHOWN = 50  # deliveries


def latest_deliveries(webhook: OutgoingWebhook) -> "QuerySet[OutgoingDelivery]":
    return webhook.deliveries.order_by("-created_at", "-message")[:SHOWN]


def find_delivery(webhook: OutgoingWebhook, pk: UUID) -> OutgoingDelivery:
    """Return a delivery of a webhook. Raises NotFound."""
    found = OutgoingDelivery.objects.select_related("webhook").filter(webhook=webhook, pk=pk).first()
    if found is None:
        raise NotFound(_("This delivery is no longer kept."))
    return found
