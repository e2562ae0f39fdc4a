"""Refusals that are specific to messages and their attachments."""

from django.utils.translation import gettext_lazy as _

from rooms.errors import Refusal

NO_MESSAGE = _("Message not found.")


class Conflict(Refusal):
    code = "conflict"
    default_message = _("This client_id was used for another message: send with a new one.")


class EditConflict(Conflict):
    default_message = _("This message has since been edited on another device.")


class AlreadySent(Conflict):
    default_message = _("It was already sent.")


class NotCurrent(Conflict):
    """A scheduled message was changed or deleted while it was waiting to be posted."""

    default_message = _("This message is no longer scheduled.")


class TooLong(Refusal):
    code = "too_long"
    default_message = _("The message is too long.")


class Closing(Refusal):
    code = "closing"
    default_message = _("The server is restarting. Your message will be sent shortly.")


class Unavailable(Refusal):
    code = "unavailable"
    default_message = _("The database is unavailable. Your message will be retried.")


class RateLimited(Refusal):
    code = "rate_limited"
    default_message = _("You’re sending too fast. Wait a moment and try again.")


class SlowMode(Refusal):
    code = "slow_mode"
    default_message = _("Slow mode is on. Wait before posting again.")


class TooLarge(Refusal):
    code = "too_large"
    default_message = _("File is too large, or you’re out of storage.")


class TypeDenied(Refusal):
    code = "type_denied"
    default_message = _("This file type isn’t allowed.")


class DiskFull(Refusal):
    code = "disk_full"
    default_message = _(
        "The server is out of disk space. Let an admin know. You can still send messages without files."
    )
