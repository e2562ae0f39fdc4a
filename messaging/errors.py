"""Refusals that only messages know."""

from rooms.errors import Refusal


class Conflict(Refusal):
    """This client_id was used for another message: send with a new one."""

    code = "conflict"


class TooLong(Refusal):
    """The message is too long."""

    code = "too_long"


class Closing(Refusal):
    """The server is restarting. Your message will be sent shortly."""

    code = "closing"


class Unavailable(Refusal):
    """The database is unavailable. Your message will be retried."""

    code = "unavailable"


class RateLimited(Refusal):
    """You’re sending too fast. Wait a moment and try again."""

    code = "rate_limited"


class SlowMode(Refusal):
    """Slow mode is on. Wait before posting again."""

    code = "slow_mode"


class TooLarge(Refusal):
    """File is too large, or you’re out of storage."""

    code = "too_large"


class TypeDenied(Refusal):
    """This file type isn’t allowed."""

    code = "type_denied"


class DiskFull(Refusal):
    """The server is out of disk space. Let an admin know. You can still send messages without files."""

    code = "disk_full"
