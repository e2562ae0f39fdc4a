"""Reads the messages that a user scheduled."""

from collections.abc import Collection
from typing import Any, NamedTuple

from accounts.models import User
from messaging.history.events import serialize_scheduled
from messaging.models import Message, ScheduledMessage
from rooms.models import Room
from rooms.serializers import serialize_room_labels

JSON = dict[str, Any]


class Entry(NamedTuple):
    """A scheduled message. `room`: its label, and `quoted`: the message that it replies to, if the sender sees them."""

    scheduled: ScheduledMessage
    room: JSON | None
    quoted: Message | None


def read_scheduled(user: User) -> list[Entry]:
    """Return the user's scheduled messages: first those that were refused, then the others in their order."""
    found = sorted(ScheduledMessage.objects.filter(sender=user), key=_position)
    rooms = find_labels(user, {each.room_id for each in found if each.room_id is not None})
    quoted = find_quoted(user, [each.reply_to_id for each in found if each.reply_to_id is not None])
    return [Entry(each, rooms.get(each.room_id or 0), quoted.get(each.reply_to_id or 0)) for each in found]


def find_labels(user: User, room_ids: Collection[int]) -> dict[int, JSON]:
    """Return the labels of those of these rooms that the user still sees, by id."""
    if not room_ids:
        return {}
    seen = Room.objects.visible_to(user).filter(pk__in=room_ids).values_list("pk", flat=True)
    return serialize_room_labels(user, list(seen))


def find_quoted(user: User, message_ids: Collection[int]) -> dict[int, Message]:
    """Return those of these messages that the user still sees, by id."""
    if not message_ids:
        return {}
    seen = Message.objects.readable_by(user).seen_by(user).select_related("sender")
    return seen.in_bulk(message_ids)


def scheduled_of(user_ids: Collection[int]) -> dict[int, list[JSON]]:
    """Serialize the scheduled messages of each of these users for their pages."""
    serialized: dict[int, list[JSON]] = {}
    for each in ScheduledMessage.objects.filter(sender__in=list(user_ids)).defer("body").order_by("post_at", "pk"):
        serialized.setdefault(each.sender_id, []).append(serialize_scheduled(each))
    return serialized


def _position(scheduled: ScheduledMessage) -> tuple[bool, Any, int]:
    return not scheduled.is_refused, scheduled.post_at, scheduled.pk
