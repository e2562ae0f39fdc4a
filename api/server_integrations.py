"""The parts that endpoints about integrations with servers share: what they are given, and what they return."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta

from integrations.models import ServerIntegration
from integrations.models.server_integration import MAX_URL
from integrations.servers.signatures import token_of
from messaging.runtime.protocol import Id
from rooms.serializers import serialize_person, serialize_time

JSON = dict[str, Any]
URL = Annotated[str, Meta(min_length=1, max_length=MAX_URL)]
BotName = Annotated[str, Meta(min_length=1, max_length=150)]


class OneRoom(msgspec.Struct):
    room: Id


def changed_fields(parameters: msgspec.Struct, stored: Any, names: Iterable[str]) -> JSON:
    """Return the fields as they were given or, if they weren't, as they are stored."""
    given = {name: getattr(parameters, name) for name in names}
    return {name: getattr(stored, name) if value is UNSET else value for name, value in given.items()}


def serialize_integration(integration: ServerIntegration, names: Iterable[str], failed: str) -> JSON:
    """Return the fields that all have, and those with these names. `failed`: the one that says when it failed."""
    return {
        "id": integration.pk,
        **{name: getattr(integration, name) for name in names},
        "bot": serialize_person(integration.bot),
        "is_enabled": integration.is_enabled,
        "created_at": serialize_time(integration.created_at),
        failed: serialize_time(getattr(integration, failed)),
        "last_error": integration.reason,
    }


def serialize_secret(secret: str) -> JSON:
    return {"secret": secret, "token": token_of(secret)}
