"""The models of rooms, memberships, bans, room events and own sections of the sidebar."""

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
from rooms.models.room_event import RoomEvent, RoomEventQuerySet
from rooms.models.section import SECTION_NAME_LENGTH, RoomSection, section_key

__all__ = [
    "MAX_SLOW_SECONDS",
    "MODERATING",
    "SECTION_NAME_LENGTH",
    "Ban",
    "BanQuerySet",
    "Membership",
    "MembershipQuerySet",
    "Room",
    "RoomEvent",
    "RoomEventQuerySet",
    "RoomQuerySet",
    "RoomSection",
    "direct_key",
    "room_url",
    "section_key",
    "slow_mode_label",
]
