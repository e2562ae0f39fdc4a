"""The messages of their rooms about which a user is notified."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.models import NotificationLevel, User, default_notification_level
from messaging.notifications.levels import LARGE_ROOM, level_for
from messaging.notifications.preferences import preferences_of
from rooms.models import Membership, Room
from rooms.serializers import JSON, serialize_room_labels


class RoomLevel(NamedTuple):
    """A room with a level of its own. `room`: its label, with its name and URL."""

    room: JSON
    level: str


def default_level(user: User, room: Room) -> str:
    """Return the level of a room in which the user hasn't chosen one."""
    preferred = preferences_of(user).level
    is_large = (preferred or default_notification_level()) == NotificationLevel.EVERYTHING and _is_large(room)
    return level_for("", preferred, is_conversation=room.is_conversation, is_large=is_large)


def default_label(user: User, room: Room) -> str:
    return _("Default (%(level)s)") % {"level": NotificationLevel(default_level(user, room)).label}


def describe_level(user: User, room: Room) -> str | None:
    """Return the label of the level that applies to a user, or None if they aren't in the room."""
    membership = Membership.objects.filter(user=user, room=room).only("notification_level").first()
    if membership is None:
        return None
    level = membership.notification_level
    return str(NotificationLevel(level).label) if level else default_label(user, room)


def read_room_levels(user: User) -> list[RoomLevel]:
    """Return the user's rooms with a level of their own, ordered by name."""
    chosen = Membership.objects.visible().filter(user=user).exclude(notification_level="")
    levels = dict(chosen.values_list("room", "notification_level"))
    rooms = serialize_room_labels(user, levels) if levels else {}
    found = [RoomLevel(room, str(NotificationLevel(levels[pk]).label)) for pk, room in rooms.items()]
    return sorted(found, key=lambda each: each.room["name"].casefold())


def _is_large(room: Room) -> bool:
    return Membership.objects.filter(room=room).values("pk")[: LARGE_ROOM + 1].count() > LARGE_ROOM
