"""Refusals that only messages know."""

from rooms.errors import Refusal


class Conflict(Refusal):
    """This client_id was used for another message: send with a new one."""

    code = "conflict"


class TooLong(Refusal):
    """The message is too long."""

    code = "too_long"


class Closing(Refusal):
    """The server is stopping; it will be back in a moment. Send again with the same client_id."""

    code = "closing"


class Unavailable(Refusal):
    """The database cannot be reached; try again with the same client_id."""

    code = "unavailable"


class RateLimited(Refusal):
    """That was too much at once. Wait a moment, then send it again."""

    code = "rate_limited"


class SlowMode(Refusal):
    """This room is in slow mode: wait before you write again."""

    code = "slow_mode"


class TooLarge(Refusal):
    """The file is too large, or there is no room for it."""

    code = "too_large"


class TypeDenied(Refusal):
    """This site does not take files of this type."""

    code = "type_denied"


class DiskFull(Refusal):
    """The server's disk is full: tell its administrators. Messages without files still go."""

    code = "disk_full"
