"""Locks a message for a change, and stores it as a new version of the message."""

from django.db.models import F

from accounts.models import User
from messaging.errors import NO_MESSAGE
from messaging.history import events
from messaging.models import Message
from messaging.search.index import index_messages
from rooms.errors import NotFound
from rooms.models import Room


def lock_message(actor: User | None, message_id: int) -> tuple[Message, Room]:
    """Lock a room and return one of its messages that the actor may read, with the room. Raises NotFound."""
    readable = Message.objects.readable_by(actor) if actor is not None else Message.objects.filter(deleted_at=None)
    room_id = readable.filter(pk=message_id).values_list("room_id", flat=True).first()
    room = Room.objects.select_for_update().filter(pk=room_id).first() if room_id is not None else None
    message = readable.complete().filter(pk=message_id).first() if room is not None else None
    if room is None or message is None:
        raise NotFound(NO_MESSAGE)
    return message, room


def save_change(message: Message, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(version=F("version") + 1)
    message.version = room.version + 1
    message.save()
    if message.deleted_at is None:
        index_messages([message])
    events.announce_changed(message)
