"""Refusals to run a slash command."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.errors import Conflict
from rooms.errors import Refusal


class CommandFailed(Refusal):
    """The command's server gave no answer that could be used. `reason`: for those who manage the command."""

    code = "command_failed"
    default_message = _("This command has failed. Run it again to try once more.")

    def __init__(self, message: str | Promise = "", *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class StillRunning(Refusal):
    code = "unavailable"
    default_message = _("This command is still running.")


class AlreadyRun(Conflict):
    default_message = _(
        "This client_id was used for a command whose result is no longer kept. To run it again, send a new one."
    )


class TooMany(Refusal):
    code = "rate_limited"
    default_message = _("Too many commands are running. Wait a moment and try again.")


class NotRun(Refusal):
    code = "unavailable"
    default_message = _("The command couldn’t be run. Try again in a moment.")


UNREACHABLE = _("The command’s server can’t be reached, or didn’t answer in time.")
STATUS = _("The command’s server answered with the status {status}.")
NOT_SHOWN = _("The command’s server gave an answer that can’t be shown.")
UNREADABLE = _("The command can’t be run until its secret has been replaced.")
