"""Structures of webhooks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from api.schemas.people import Person, Struct
from api.schemas.secrets import Secret


class Webhook(Struct, kw_only=True):
    """An incoming webhook, whose messages the `bot` posts. `accepted`, `refused`: the number of requests."""

    id: int
    bot: Person
    name: str
    description: str
    mentions_everyone: bool
    is_markdown: bool
    allows_alias: bool
    is_enabled: bool
    created_at: datetime
    last_used_at: datetime | None
    accepted: int
    refused: int
    last_error: str


class NewWebhook(Webhook, kw_only=True):
    """A webhook with its secret URL, a path."""

    url: Secret


class Webhooks(Struct, kw_only=True):
    webhooks: list[Webhook]


class Delivery(Struct, kw_only=True):
    """A request to a webhook. `status` and `word`: of the response. `message`: its id, if there is one."""

    at: datetime
    status: int
    word: str
    detail: str
    source: str
    size: int
    message: int | None


class WebhookWithDeliveries(Webhook, kw_only=True):
    """A webhook with its latest deliveries, the newest first."""

    deliveries: list[Delivery]


class OutgoingWebhook(Struct, kw_only=True):
    """An outgoing webhook, whose answers the `bot` posts."""

    id: int
    bot: Person
    url: str
    trigger: Literal["mention", "words", "all"]
    words: str
    dialect: Literal["chatsite", "slack", "campfire"]
    allows_alias: bool
    is_enabled: bool
    created_at: datetime
    failing_since: datetime | None
    last_error: str


class WebhookSecret(Struct, kw_only=True):
    """The secret with which requests are signed, and the token in those of other formats."""

    secret: str
    token: str


class NewOutgoingWebhook(OutgoingWebhook, kw_only=True):
    """A webhook with its secret."""

    secret: Secret
    token: Secret


class OutgoingWebhooks(Struct, kw_only=True):
    webhooks: list[OutgoingWebhook]


class OutgoingDelivery(Struct, kw_only=True):
    """A message that a webhook sends. `status`: of the last answer."""

    id: UUID
    message: int
    state: Literal["waiting", "delivered", "failed", "dropped"]
    created_at: datetime
    attempts: int
    status: int | None
    reason: str


class OutgoingWebhookWithDeliveries(OutgoingWebhook, kw_only=True):
    """A webhook with its latest deliveries, the newest first."""

    deliveries: list[OutgoingDelivery]
