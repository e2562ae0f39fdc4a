"""The models of rooms, memberships and bans."""

from rooms.models.ban import Ban, BanQuerySet
from rooms.models.room import (
    MAX_SLOW_SECONDS,
    MODERATING,
    Membership,
    MembershipQuerySet,
    Room,
    RoomQuerySet,
    direct_key,
    room_url,
    slow_mode_label,
)

__all__ = [
    "MAX_SLOW_SECONDS",
    "MODERATING",
    "Ban",
    "BanQuerySet",
    "Membership",
    "MembershipQuerySet",
    "Room",
    "RoomQuerySet",
    "direct_key",
    "room_url",
    "slow_mode_label",
]
