"""Endpoints for those who manage a room's slash commands."""

from typing import Annotated, Literal

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
from integrations.models import SlashCommand
from integrations.models.slash_command import DESCRIPTION_LENGTH, HINT_LENGTH, NAME_LENGTH
from integrations.servers.actions import delete_integration, renew_secret, switch_integration
from integrations.servers.queries import find_integration, integrations_in
from integrations.slash_commands import actions
from messaging.runtime.protocol import Id
from rooms.errors import Invalid

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
Description = Annotated[str, Meta(max_length=DESCRIPTION_LENGTH)]
Hint = Annotated[str, Meta(max_length=HINT_LENGTH)]
Dialect = Literal["chatsite", "slack", "mattermost"]

CHANGED = ("name", "description", "argument_hint", "url", "dialect")

group = Group("Slash commands of a room")


class OneCommand(msgspec.Struct):
    room: Id
    command: Id


class CreateCommand(Idempotent):
    room: Id
    name: Name
    bot: BotName
    url: URL
    description: Description = ""
    argument_hint: Hint = ""
    dialect: Dialect = "chatsite"


class ChangeCommand(msgspec.Struct):
    room: Id
    command: Id
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    argument_hint: Hint | UnsetType = UNSET
    url: URL | UnsetType = UNSET
    dialect: Dialect | UnsetType = UNSET


@group.endpoint("GET /rooms/{room}/slash-commands", scope=Scope.MODERATE, returns=schemas.ManagedCommands)
def list_slash_commands(user: User, parameters: OneRoom) -> JSON:
    """List a room's own slash commands, also those that are off."""
    found = integrations_in(SlashCommand, find_owned_room(user, parameters.room))
    return {"commands": list(map(_serialize, found))}


@group.endpoint("POST /rooms/{room}/slash-commands", scope=Scope.MODERATE, returns=schemas.NewSlashCommand, status=201)
def create_slash_command(user: User, parameters: CreateCommand) -> JSON:
    """Add a slash command to a room.

    `bot`: the username of one of your bots, or of a new one, which posts the answers. The response has the secret with
    which requests are signed, and the token that is in them; neither is shown again. The site needs a `SITE_URL` for
    links.
    """
    if not settings.SITE_URL:
        raise Invalid(_("Set SITE_URL on the server first, or create the command in the room’s settings."))
    fields = {name: getattr(parameters, name) for name in (*CHANGED, "bot")}
    room = find_named_room(user, parameters.room)
    command, secret = actions.create_command(actor=user, room=room, origin=settings.SITE_URL, **fields)
    return _serialize(command) | serialize_secret(secret)


@group.endpoint("GET /rooms/{room}/slash-commands/{command}", scope=Scope.MODERATE, returns=schemas.ManagedCommand)
def show_slash_command(user: User, parameters: OneCommand) -> JSON:
    """Show a slash command with its last error."""
    return _serialize(_find(user, parameters))


@group.endpoint("PATCH /rooms/{room}/slash-commands/{command}", scope=Scope.MODERATE, returns=schemas.ManagedCommand)
def change_slash_command(user: User, parameters: ChangeCommand) -> JSON:
    """Change a slash command. Only what you give is changed."""
    command = _find(user, parameters)
    fields = changed_fields(parameters, command, CHANGED)
    return _serialize(actions.change_command(actor=user, command=command, **fields))


@group.endpoint(
    "POST /rooms/{room}/slash-commands/{command}/secret", scope=Scope.MODERATE, returns=schemas.WebhookSecret
)
def renew_command_secret(user: User, parameters: OneCommand) -> JSON:
    """Replace a slash command's secret."""
    return serialize_secret(renew_secret(actor=user, integration=_find(user, parameters)))


@group.endpoint(
    "PUT /rooms/{room}/slash-commands/{command}/enabled", scope=Scope.MODERATE, returns=schemas.ManagedCommand
)
def enable_slash_command(user: User, parameters: OneCommand) -> JSON:
    """Turn a slash command on."""
    return _serialize(switch_integration(actor=user, integration=_find(user, parameters), is_enabled=True))


@group.endpoint(
    "DELETE /rooms/{room}/slash-commands/{command}/enabled", scope=Scope.MODERATE, returns=schemas.ManagedCommand
)
def disable_slash_command(user: User, parameters: OneCommand) -> JSON:
    """Turn a slash command off."""
    return _serialize(switch_integration(actor=user, integration=_find(user, parameters), is_enabled=False))


@group.endpoint("DELETE /rooms/{room}/slash-commands/{command}", scope=Scope.MODERATE)
def delete_slash_command(user: User, parameters: OneCommand) -> None:
    """Delete a slash command. Its bot stays."""
    delete_integration(actor=user, integration=_find(user, parameters))


def _find(user: User, parameters: OneCommand | ChangeCommand) -> SlashCommand:
    return find_integration(SlashCommand, find_owned_room(user, parameters.room), parameters.command)


def _serialize(command: SlashCommand) -> JSON:
    return serialize_integration(command, CHANGED, failed="failed_at")
