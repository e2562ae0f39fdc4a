"""Serializes a room with a page of its messages for the chat page."""

from typing import Any

from accounts.models import User
from messaging.history import events, journal
from messaging.history.room_events import read_events
from messaging.history.saved import saved_among
from messaging.history.threads import summarize_threads
from rooms.models import Membership, Room
from rooms.permissions import RoomPermissions
from rooms.queries import count_members
from rooms.serializers import JoinedRoom, serialize_room_with

JSON = dict[str, Any]


def serialize_conversation(user: User, room: Room, *, around: int | None = None, latest: bool = False) -> JSON:
    """Return a room as the chat page displays it, with a page of messages.

    `around`: the number of the message to center the page on. Without it, the page has the newest messages, or is
    centered on the first unread one if that is older and `latest` isn't set.
    """
    membership = Membership.objects.filter(user=user, room=room).first()
    permissions = RoomPermissions(user, room, membership)
    return _conversation(permissions, serialize_room_with(user, room, membership), around, latest=latest)


def serialize_joined_conversation(user: User, joined: JoinedRoom, *, around: int | None = None) -> JSON:
    """Return the same for one of the user's rooms, without loading it again."""
    return _conversation(RoomPermissions(user, joined.room, joined.membership), joined.data, around)


def _conversation(permissions: RoomPermissions, data: JSON, around: int | None, *, latest: bool = False) -> JSON:
    """Return the conversation in a room. `data`: the room, serialized for the user."""
    user, room, membership = permissions.user, permissions.room, permissions.membership
    floor = membership.cleared_seq if membership else 0
    center = around or (None if latest else _far_unread(data))
    page = (
        journal.around(room.pk, center, viewer=user, floor=floor)
        if center
        else journal.latest(room.pk, viewer=user, floor=floor)
    )
    return {
        "room": data,
        "is_member": permissions.is_member,
        "can_post": permissions.can_post,
        "can_moderate": permissions.can_moderate,
        "can_pin": permissions.can_pin,
        # Read before the messages. A change in between is then included in them and also arrives as an event.
        "version": room.version,
        "around": around,
        "members": count_members(room.pk, viewer=user),
        **serialize_page(user, room.pk, page, floor=floor),
    }


def _far_unread(room: JSON) -> int | None:
    """Return the number of the first unread message if the page of the newest messages may not include it."""
    first = max(room["last_read_seq"], room["cleared_seq"]) + 1
    return first if room["unread"] and room["last_seq"] - first >= journal.PAGE else None


def serialize_page(user: User, room_id: int, page: journal.Page, *, floor: int) -> JSON:
    ids = [message.pk for message in page.messages]
    firsts = [message.pk for message in page.messages if message.thread_id is None]
    return {
        "messages": events.serialize_for(user, *page.messages),
        "saved": saved_among(user, ids),
        "threads": summarize_threads(user, room_id, firsts, floor=floor),
        "events": read_events(room_id, viewer=user, floor=floor, first=page.first, last=page.last),
        "has_older": page.has_older,
        "has_newer": page.has_newer,
    }
