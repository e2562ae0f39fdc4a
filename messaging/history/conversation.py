"""Serializes a room with a page of its messages for the chat page."""

from typing import Any

from accounts.models import User
from messaging.history import events, journal
from rooms.models import Membership, Room
from rooms.permissions import RoomPermissions
from rooms.serializers import serialize_room_with

JSON = dict[str, Any]


def serialize_conversation(user: User, room: Room, *, around: int | None = None) -> JSON:
    """Return a room as the chat page displays it. `around`: the number of the message to centre the page on."""
    membership = Membership.objects.filter(user=user, room=room).first()
    permissions = RoomPermissions(user, room, membership)
    floor = membership.cleared_seq if membership else 0
    # Read before the messages. A change in between is then included in them and also arrives as an event.
    version = room.version
    page = (
        journal.around(room.pk, around, viewer=user, floor=floor)
        if around
        else journal.latest(room.pk, viewer=user, floor=floor)
    )
    return {
        "room": serialize_room_with(user, room, membership),
        "is_member": permissions.is_member,
        "can_post": permissions.can_post,
        "can_moderate": permissions.can_moderate,
        "can_pin": permissions.can_pin,
        "version": version,
        "around": around,
        "members": room.memberships.exclude(user__in=user.blocked_ids).count(),
        **serialize_page(user, page),
    }


def serialize_page(user: User, page: journal.Page) -> JSON:
    return {
        "messages": [events.serialize_for(user, message) for message in page.messages],
        "has_older": page.has_older,
        "has_newer": page.has_newer,
    }
