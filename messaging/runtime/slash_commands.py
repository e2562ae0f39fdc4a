"""Hands slash commands that programs have added to the service that runs them, which another app registers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from messaging.runtime.handlers import Reply
from messaging.runtime.protocol import RunCommand
from rooms.errors import NotFound, Refusal

if TYPE_CHECKING:
    from messaging.runtime.session import ClientSession

Respond = Callable[[Reply | Refusal], None]

NO_COMMAND = _("There’s no such command in this room.")


class SlashCommands(Protocol):
    """Runs slash commands."""

    def submit(self, user: User, command: RunCommand, respond: Respond) -> None:
        """Run a command for a user, then call `respond` on the event loop."""


class NoSlashCommands:
    """Refuses all commands, where no service runs them."""

    def submit(self, user: User, command: RunCommand, respond: Respond) -> None:
        respond(NotFound(NO_COMMAND, field="command"))


def run_slash_command(session: "ClientSession", command: RunCommand) -> None:
    """Have a command run. Later frames don't wait for its answer."""

    def respond(result: Reply | Refusal) -> None:
        if isinstance(result, Refusal):
            session.refuse(command.ref, result)
        else:
            session.respond(command.ref, result)

    session.engine.slash_commands.submit(session.user, command, respond)
