"""Endpoints for a room's outgoing webhooks."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, UnsetType

from accounts.models import Scope, User
from api import schemas
from api.lookups import find_named_room
from api.routing import Group
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.models.outgoing import MAX_WORDS
from integrations.models.server_integration import MAX_URL
from integrations.outgoing import actions
from integrations.servers.actions import delete_integration, find_integration, renew_secret, switch_integration
from integrations.servers.signatures import token_of
from messaging.runtime.protocol import Id
from rooms.errors import Invalid, NotFound
from rooms.permissions import require_owner
from rooms.serializers import serialize_person, serialize_time

JSON = dict[str, Any]
URL = Annotated[str, Meta(min_length=1, max_length=MAX_URL)]
Words = Annotated[str, Meta(max_length=MAX_WORDS)]
Trigger = Literal["mention", "words", "all"]
Dialect = Literal["chatsite", "slack", "campfire"]

SHOWN = 50  # deliveries
CHANGED = ("url", "trigger", "words", "dialect", "allows_alias")

group = Group("Outgoing webhooks")


class OneRoom(msgspec.Struct):
    room: Id


class OneWebhook(msgspec.Struct):
    room: Id
    webhook: Id


class CreateWebhook(msgspec.Struct):
    room: Id
    bot: Annotated[str, Meta(min_length=1, max_length=150)]
    url: URL
    trigger: Trigger = "mention"
    words: Words = ""
    dialect: Dialect = "chatsite"
    allows_alias: bool = True


class ChangeWebhook(msgspec.Struct):
    room: Id
    webhook: Id
    url: URL | UnsetType = UNSET
    trigger: Trigger | UnsetType = UNSET
    words: Words | UnsetType = UNSET
    dialect: Dialect | UnsetType = UNSET
    allows_alias: bool | UnsetType = UNSET


class OneDelivery(msgspec.Struct):
    room: Id
    webhook: Id
    delivery: UUID


@group.endpoint("GET /rooms/{room}/outgoing-webhooks", scope=Scope.MODERATE, returns=schemas.OutgoingWebhooks)
def list_outgoing_webhooks(user: User, parameters: OneRoom) -> JSON:
    """List a room's outgoing webhooks."""
    room = find_named_room(user, parameters.room)
    require_owner(user, room)
    found = OutgoingWebhook.objects.filter(room=room).select_related("bot").order_by("pk")
    return {"webhooks": list(map(_serialize, found))}


@group.endpoint(
    "POST /rooms/{room}/outgoing-webhooks", scope=Scope.MODERATE, returns=schemas.NewOutgoingWebhook, status=201
)
def create_outgoing_webhook(user: User, parameters: CreateWebhook) -> JSON:
    """Send messages of a room to a URL.

    `bot`: the username of one of your bots, or of a new one, which posts the answers. `trigger`: send messages that
    `mention` it, that begin with one of the `words`, which are separated by commas, or `all`. `allows_alias`: answers
    can choose the name under which they appear. The response has the
    secret with which requests are signed, and the token that is in them; neither is shown again. The site needs a
    `SITE_URL` for links.
    """
    if not settings.SITE_URL:
        raise Invalid(_("Set SITE_URL on the server first, or create the webhook in the room’s settings."))
    fields = {name: getattr(parameters, name) for name in ("bot", *CHANGED)}
    room = find_named_room(user, parameters.room)
    webhook, secret = actions.create_webhook(actor=user, room=room, origin=settings.SITE_URL, **fields)
    return _serialize(webhook) | _secret(secret)


@group.endpoint(
    "GET /rooms/{room}/outgoing-webhooks/{webhook}",
    scope=Scope.MODERATE,
    returns=schemas.OutgoingWebhookWithDeliveries,
)
def show_outgoing_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Show an outgoing webhook with its latest deliveries."""
    webhook = _find(user, parameters)
    deliveries = webhook.deliveries.order_by("-created_at", "-message")[:SHOWN]
    return _serialize(webhook) | {"deliveries": list(map(_serialize_delivery, deliveries))}


@group.endpoint(
    "PATCH /rooms/{room}/outgoing-webhooks/{webhook}", scope=Scope.MODERATE, returns=schemas.OutgoingWebhook
)
def change_outgoing_webhook(user: User, parameters: ChangeWebhook) -> JSON:
    """Change an outgoing webhook. Only what you give is changed."""
    webhook = _find(user, parameters)
    fields: dict[str, Any] = {name: getattr(webhook, name) for name in CHANGED}
    fields |= {name: getattr(parameters, name) for name in CHANGED if getattr(parameters, name) is not UNSET}
    return _serialize(actions.change_webhook(actor=user, webhook=webhook, **fields))


@group.endpoint(
    "POST /rooms/{room}/outgoing-webhooks/{webhook}/secret", scope=Scope.MODERATE, returns=schemas.WebhookSecret
)
def renew_outgoing_secret(user: User, parameters: OneWebhook) -> JSON:
    """Replace an outgoing webhook's secret."""
    return _secret(renew_secret(actor=user, integration=_find(user, parameters)))


@group.endpoint(
    "PUT /rooms/{room}/outgoing-webhooks/{webhook}/enabled", scope=Scope.MODERATE, returns=schemas.OutgoingWebhook
)
def enable_outgoing_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Turn an outgoing webhook on. What was posted while it was off isn't sent."""
    return _switch(user, parameters, is_enabled=True)


@group.endpoint(
    "DELETE /rooms/{room}/outgoing-webhooks/{webhook}/enabled", scope=Scope.MODERATE, returns=schemas.OutgoingWebhook
)
def disable_outgoing_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Turn an outgoing webhook off."""
    return _switch(user, parameters, is_enabled=False)


@group.endpoint("POST /rooms/{room}/outgoing-webhooks/{webhook}/deliveries/{delivery}", scope=Scope.MODERATE)
def redeliver(user: User, parameters: OneDelivery) -> None:
    """Send a message of an outgoing webhook again, with the same id."""
    webhook = _find(user, parameters)
    delivery = (
        OutgoingDelivery.objects.select_related("webhook").filter(webhook=webhook, pk=parameters.delivery).first()
    )
    if delivery is None:
        raise NotFound(_("This delivery is no longer kept."))
    actions.send_again(actor=user, delivery=delivery)


@group.endpoint("DELETE /rooms/{room}/outgoing-webhooks/{webhook}", scope=Scope.MODERATE)
def delete_outgoing_webhook(user: User, parameters: OneWebhook) -> None:
    """Delete an outgoing webhook. Its bot stays."""
    delete_integration(actor=user, integration=_find(user, parameters))


def _find(user: User, parameters: OneWebhook | ChangeWebhook | OneDelivery) -> OutgoingWebhook:
    room = find_named_room(user, parameters.room)
    require_owner(user, room)
    return find_integration(OutgoingWebhook, room, parameters.webhook)


def _switch(user: User, parameters: OneWebhook, *, is_enabled: bool) -> JSON:
    webhook = switch_integration(actor=user, integration=_find(user, parameters), is_enabled=is_enabled)
    return _serialize(webhook)


def _secret(secret: str) -> JSON:
    return {"secret": secret, "token": token_of(secret)}


def _serialize(webhook: OutgoingWebhook) -> JSON:
    return {
        "id": webhook.pk,
        "bot": serialize_person(webhook.bot),
        "url": webhook.url,
        "trigger": webhook.trigger,
        "words": webhook.words,
        "dialect": webhook.dialect,
        "allows_alias": webhook.allows_alias,
        "is_enabled": webhook.is_enabled,
        "created_at": serialize_time(webhook.created_at),
        "failing_since": serialize_time(webhook.failing_since),
        "last_error": webhook.reason,
    }


def _serialize_delivery(delivery: OutgoingDelivery) -> JSON:
    return {
        "id": str(delivery.pk),
        "message": delivery.message_id,
        "state": delivery.state,
        "created_at": serialize_time(delivery.created_at),
        "attempts": delivery.attempts,
        "status": delivery.status,
        "reason": delivery.reason,
    }
