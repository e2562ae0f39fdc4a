"""The levels that apply where users haven't chosen one."""

from accounts.models import NotificationLevel, default_notification_level

# The default "every message" applies to rooms of up to this many members. In larger ones, members must choose it.
LARGE_ROOM = 200


def level_for(chosen: str, preferred: str, *, is_conversation: bool, is_large: bool) -> str:
    """Return the level of a room or conversation for a user.

    chosen: for this one, or "". preferred: their default for rooms, or "". It doesn't apply to conversations.
    """
    if chosen:
        return chosen
    if is_conversation:
        return NotificationLevel.EVERYTHING
    default = preferred or default_notification_level()
    is_too_much = default == NotificationLevel.EVERYTHING and is_large
    return NotificationLevel.MENTIONS if is_too_much else default
