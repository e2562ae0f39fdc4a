"""Endpoints for the slash commands that were added to a room or to the site."""

from typing import Any

import msgspec

from accounts.models import Scope, User
from api import schemas
from api.routing import Group
from integrations.slash_commands.queries import commands_in
from messaging.runtime import protocol
from messaging.runtime.protocol import Id
from rooms.permissions import find_room

group = Group("Slash commands")


class InRoom(msgspec.Struct):
    room: Id


@group.endpoint("GET /rooms/{room}/commands", scope=Scope.READ, returns=schemas.SlashCommands)
def list_commands(user: User, parameters: InRoom) -> dict[str, Any]:
    """List the slash commands that can be run in a room."""
    return {"commands": commands_in(find_room(user, parameters.room).pk)}


group.command(
    "POST /rooms/{room}/commands/{command}",
    protocol.RunCommand,
    """Run a slash command.

    The answer comes within a few seconds. Repeating a request with the same `client_id` runs nothing again, however
    much later: the response has no `answer` or, once the run is no longer kept, it is the error `conflict`.
    `thread`: the id of the first message of a thread.""",
    returns=schemas.CommandRun,
)
