"""The models of rooms, memberships, bans, removals, room events and own sections of the sidebar."""

from rooms.models.ban import Ban, BanQuerySet
from rooms.models.removal import UNDO_WINDOW, Removal, RemovalQuerySet
from rooms.models.room import (
    CONVERSATIONS,
    MAX_SLOW_SECONDS,
    MODERATING,
    Membership,
    MembershipQuerySet,
    Room,
    RoomQuerySet,
    conversation_key,
    room_url,
    slow_mode_label,
)
from rooms.models.room_event import RoomEvent, RoomEventQuerySet
from rooms.models.section import SECTION_NAME_LENGTH, RoomSection, section_key

__all__ = [
    "CONVERSATIONS",
    "MAX_SLOW_SECONDS",
    "MODERATING",
    "SECTION_NAME_LENGTH",
    "UNDO_WINDOW",
    "Ban",
    "BanQuerySet",
    "Membership",
    "MembershipQuerySet",
    "Removal",
    "RemovalQuerySet",
    "Room",
    "RoomEvent",
    "RoomEventQuerySet",
    "RoomQuerySet",
    "RoomSection",
    "conversation_key",
    "room_url",
    "section_key",
    "slow_mode_label",
]
