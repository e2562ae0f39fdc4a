"""Endpoints for a room's outgoing webhooks."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, UnsetType

from accounts.models import Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.lookups import find_named_room, find_owned_room
from api.routing import Group
from api.server_integrations import (
    JSON,
    URL,
    BotName,
    OneRoom,
    changed_fields,
    serialize_integration,
    serialize_secret,
)
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.models.outgoing import MAX_WORDS
from integrations.outgoing import actions
from integrations.outgoing.queries import find_delivery, latest_deliveries
from integrations.servers.actions import delete_integration, renew_secret, switch_integration
from integrations.servers.queries import find_integration, integrations_in
from messaging.runtime.protocol import Id
from rooms.errors import Invalid
from rooms.serializers import serialize_time

Words = Annotated[str, Meta(max_length=MAX_WORDS)]
Trigger = Literal["mention", "words", "all"]
Dialect = Literal["chatsite", "slack", "campfire"]

CHANGED = ("url", "trigger", "words", "dialect", "allows_alias")

group = Group("Outgoing webhooks")


class OneWebhook(msgspec.Struct):
    room: Id
    webhook: Id


class CreateWebhook(Idempotent):
    room: Id
    bot: BotName
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
    found = integrations_in(OutgoingWebhook, find_owned_room(user, parameters.room))
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
    return _serialize(webhook) | serialize_secret(secret)


@group.endpoint(
    "GET /rooms/{room}/outgoing-webhooks/{webhook}",
    scope=Scope.MODERATE,
    returns=schemas.OutgoingWebhookWithDeliveries,
)
def show_outgoing_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Show an outgoing webhook with its latest deliveries."""
    webhook = _find(user, parameters)
    return _serialize(webhook) | {"deliveries": list(map(_serialize_delivery, latest_deliveries(webhook)))}


@group.endpoint(
    "PATCH /rooms/{room}/outgoing-webhooks/{webhook}", scope=Scope.MODERATE, returns=schemas.OutgoingWebhook
)
def change_outgoing_webhook(user: User, parameters: ChangeWebhook) -> JSON:
    """Change an outgoing webhook. Only what you give is changed."""
    webhook = _find(user, parameters)
    fields = changed_fields(parameters, webhook, CHANGED)
    return _serialize(actions.change_webhook(actor=user, webhook=webhook, **fields))


@group.endpoint(
    "POST /rooms/{room}/outgoing-webhooks/{webhook}/secret", scope=Scope.MODERATE, returns=schemas.WebhookSecret
)
def renew_outgoing_secret(user: User, parameters: OneWebhook) -> JSON:
    """Replace an outgoing webhook's secret."""
    return serialize_secret(renew_secret(actor=user, integration=_find(user, parameters)))


@group.endpoint(
    "PUT /rooms/{room}/outgoing-webhooks/{webhook}/enabled", scope=Scope.MODERATE, returns=schemas.OutgoingWebhook
)
def enable_outgoing_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Turn an outgoing webhook on. What was posted while it was off isn't sent."""
    return _serialize(switch_integration(actor=user, integration=_find(user, parameters), is_enabled=True))


@group.endpoint(
    "DELETE /rooms/{room}/outgoing-webhooks/{webhook}/enabled", scope=Scope.MODERATE, returns=schemas.OutgoingWebhook
)
def disable_outgoing_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Turn an outgoing webhook off."""
    return _serialize(switch_integration(actor=user, integration=_find(user, parameters), is_enabled=False))


@group.endpoint("POST /rooms/{room}/outgoing-webhooks/{webhook}/deliveries/{delivery}", scope=Scope.MODERATE)
def redeliver(user: User, parameters: OneDelivery) -> None:
    """Send a message of an outgoing webhook again, with the same id."""
    delivery = find_delivery(_find(user, parameters), parameters.delivery)
    actions.send_again(actor=user, delivery=delivery)


@group.endpoint("DELETE /rooms/{room}/outgoing-webhooks/{webhook}", scope=Scope.MODERATE)
def delete_outgoing_webhook(user: User, parameters: OneWebhook) -> None:
    """Delete an outgoing webhook. Its bot stays."""
    delete_integration(actor=user, integration=_find(user, parameters))


def _find(user: User, parameters: OneWebhook | ChangeWebhook | OneDelivery) -> OutgoingWebhook:
    return find_integration(OutgoingWebhook, find_owned_room(user, parameters.room), parameters.webhook)


def _serialize(webhook: OutgoingWebhook) -> JSON:
    return serialize_integration(webhook, CHANGED, failed="failing_since")


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
