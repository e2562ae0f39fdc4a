"""Endpoints for a room's incoming webhooks."""

from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, UnsetType

from accounts.models import Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.lookups import find_named_room, find_owned_room
from api.routing import Group
from api.server_integrations import OneRoom, changed_fields
from integrations.incoming import actions
from integrations.incoming.queries import deliveries_of, webhooks_in
from integrations.incoming.secret_urls import path_of
from integrations.models import IncomingWebhook, WebhookDelivery
from integrations.models.incoming import DESCRIPTION_LENGTH, NAME_LENGTH
from messaging.runtime.protocol import Id
from rooms.errors import Invalid
from rooms.serializers import serialize_person, serialize_time

JSON = dict[str, Any]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
Description = Annotated[str, Meta(max_length=DESCRIPTION_LENGTH)]

group = Group("Incoming webhooks")


class OneWebhook(msgspec.Struct):
    room: Id
    webhook: Id


class CreateWebhook(Idempotent):
    room: Id
    name: Name
    description: Description = ""
    mentions_everyone: bool = False
    is_markdown: bool = False
    allows_alias: bool = True


class ChangeWebhook(msgspec.Struct):
    room: Id
    webhook: Id
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    mentions_everyone: bool | UnsetType = UNSET
    is_markdown: bool | UnsetType = UNSET
    allows_alias: bool | UnsetType = UNSET


@group.endpoint("GET /rooms/{room}/webhooks", scope=Scope.MODERATE, returns=schemas.Webhooks)
def list_webhooks(user: User, parameters: OneRoom) -> JSON:
    """List a room's incoming webhooks."""
    return {"webhooks": list(map(_serialize, webhooks_in(find_owned_room(user, parameters.room))))}


@group.endpoint("POST /rooms/{room}/webhooks", scope=Scope.MODERATE, returns=schemas.NewWebhook, status=201)
def create_webhook(user: User, parameters: CreateWebhook) -> JSON:
    """Create an incoming webhook.

    `url` in the response is the path to which messages are posted. It is a secret, and isn't shown again.
    `is_markdown`: texts are Markdown, and not in Slack's format. `allows_alias`: senders can choose the name under
    which their messages appear.
    """
    new = actions.create_webhook(
        actor=user,
        room=find_named_room(user, parameters.room),
        name=_cleaned(parameters.name),
        description=parameters.description,
        mentions_everyone=parameters.mentions_everyone,
        is_markdown=parameters.is_markdown,
        allows_alias=parameters.allows_alias,
    )
    return _serialize_new(new)


@group.endpoint("GET /rooms/{room}/webhooks/{webhook}", scope=Scope.MODERATE, returns=schemas.WebhookWithDeliveries)
def show_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Show an incoming webhook with its latest deliveries."""
    webhook = _find(user, parameters)
    return _serialize(webhook) | {"deliveries": list(map(_serialize_delivery, deliveries_of(webhook)))}


@group.endpoint("PATCH /rooms/{room}/webhooks/{webhook}", scope=Scope.MODERATE, returns=schemas.Webhook)
def change_webhook(user: User, parameters: ChangeWebhook) -> JSON:
    """Change an incoming webhook. Only what you give is changed."""
    webhook = _find(user, parameters)
    names = ("name", "description", "mentions_everyone", "is_markdown", "allows_alias")
    fields = changed_fields(parameters, webhook, names)
    fields["name"] = _cleaned(fields["name"])
    return _serialize(actions.update_webhook(actor=user, webhook=webhook, **fields))


@group.endpoint("POST /rooms/{room}/webhooks/{webhook}/url", scope=Scope.MODERATE, returns=schemas.NewWebhook)
def renew_webhook_url(user: User, parameters: OneWebhook) -> JSON:
    """Give a webhook a new URL. The old one stops working at once."""
    return _serialize_new(actions.regenerate_url(actor=user, webhook=_find(user, parameters)))


@group.endpoint("PUT /rooms/{room}/webhooks/{webhook}/enabled", scope=Scope.MODERATE, returns=schemas.Webhook)
def enable_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Enable an incoming webhook."""
    return _serialize(actions.set_enabled(actor=user, webhook=_find(user, parameters), enabled=True))


@group.endpoint("DELETE /rooms/{room}/webhooks/{webhook}/enabled", scope=Scope.MODERATE, returns=schemas.Webhook)
def disable_webhook(user: User, parameters: OneWebhook) -> JSON:
    """Disable an incoming webhook."""
    return _serialize(actions.set_enabled(actor=user, webhook=_find(user, parameters), enabled=False))


@group.endpoint("DELETE /rooms/{room}/webhooks/{webhook}", scope=Scope.MODERATE)
def delete_webhook(user: User, parameters: OneWebhook) -> None:
    """Delete an incoming webhook. Its messages stay."""
    actions.delete_webhook(actor=user, webhook=_find(user, parameters))


def _find(user: User, parameters: OneWebhook | ChangeWebhook) -> IncomingWebhook:
    return actions.find_webhook(user, find_named_room(user, parameters.room), parameters.webhook)


def _cleaned(name: str) -> str:
    if not name.strip():
        raise Invalid(_("Enter a name."), field="name")
    return name.strip()


def _serialize_new(new: actions.NewURL) -> JSON:
    return _serialize(new.webhook) | {"url": path_of(new.secret)}


def _serialize(webhook: IncomingWebhook) -> JSON:
    return {
        "id": webhook.pk,
        "bot": serialize_person(webhook.bot),
        "name": webhook.name,
        "description": webhook.description,
        "mentions_everyone": webhook.mentions_everyone,
        "is_markdown": webhook.is_markdown,
        "allows_alias": webhook.allows_alias,
        "is_enabled": webhook.is_enabled,
        "created_at": serialize_time(webhook.created_at),
        "last_used_at": serialize_time(webhook.last_used_at),
        "accepted": webhook.accepted,
        "refused": webhook.refused,
        "last_error": webhook.last_error,
    }


def _serialize_delivery(delivery: WebhookDelivery) -> JSON:
    return {
        "at": serialize_time(delivery.at),
        "status": delivery.status,
        "word": delivery.word,
        "detail": delivery.detail,
        "source": delivery.source,
        "size": delivery.size,
        "message": delivery.message_id,
    }
