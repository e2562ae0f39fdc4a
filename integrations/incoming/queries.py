"""Reads webhooks for requests to them and for the room's page."""

from dataclasses import dataclass

from django.db.models import QuerySet

from integrations.models import IncomingWebhook, WebhookDelivery
from rooms.models import Room

MAX_DELIVERIES = 20  # kept for each webhook


@dataclass(frozen=True, slots=True)
class Hook:
    """The columns of a webhook that a request needs."""

    pk: int
    room_id: int
    bot_id: int
    mentions_everyone: bool
    is_markdown: bool
    allows_alias: bool


def find_hook(digest: str) -> Hook | None:
    """Return the enabled webhook with this digest, with one query."""
    row = (
        IncomingWebhook.objects.filter(digest=digest, is_enabled=True)
        .values_list("pk", "room_id", "bot_id", "mentions_everyone", "is_markdown", "allows_alias")
        .first()
    )
    return Hook(*row) if row else None


def webhooks_in(room: Room) -> QuerySet[IncomingWebhook]:
    return IncomingWebhook.objects.filter(room=room).select_related("bot", "created_by").order_by("pk")


def deliveries_of(webhook: IncomingWebhook) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(webhook=webhook).order_by("-pk")[:MAX_DELIVERIES]
