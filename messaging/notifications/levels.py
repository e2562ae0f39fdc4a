"""The levels that apply to users who haven't chosen one."""

from rooms.models import NotificationLevel

# The default "every message" applies to rooms of up to this many members. In larger ones, members must choose it.
LARGE_ROOM = 200


def site_level() -> NotificationLevel:
    """Return the level of rooms for users who haven't chosen a default."""
    return NotificationLevel.MENTIONS
