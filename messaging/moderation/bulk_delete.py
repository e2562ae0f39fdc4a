"""Removing all that one person said in a room: in pieces, so that nobody else waits for long."""

from datetime import datetime, timedelta
from time import perf_counter, sleep

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from messaging.history import events
from messaging.models import Message, MessageQuerySet
from messaging.posting.inserts import store_emptied
from messaging.posting.tombstones import empty_messages
from rooms.errors import NotFound
from rooms.models import Room
from rooms.permissions import NO_ROOM, lock_room, require_moderator

PIECE = 100  # messages of one transaction, which holds the room

# From when on, by the names that forms and addresses use.
SPANS: dict[str, tuple[str, timedelta | None]] = {
    "hour": ("messages from the last hour", timedelta(hours=1)),
    "day": ("messages from the last 24 hours", timedelta(days=1)),
    "all": ("all messages", None),
}


def begin_of(span: str) -> datetime | None:
    """From when on; None for all. Raises KeyError."""
    length = SPANS[span][1]
    return None if length is None else timezone.now() - length


def delete_messages_of(*, actor: User | None, room: Room, user: User, since: datetime | None = None) -> int:
    """Delete what this person, a member or not, wrote here since then, or ever. Returns how many messages it was.

    What they write meanwhile stays. Should it break off, what was deleted is deleted; ask again for the rest.
    """
    count, after, end = 0, 0, None
    while True:
        begun = perf_counter()
        with transaction.atomic():
            room = lock_room(room)
            _require_steward(actor, room)
            end = room.last_seq if end is None else end
            piece = _delete_piece(room, _said(room, user, since).filter(seq__gt=after, seq__lte=end))
        count += len(piece)
        if len(piece) < PIECE:
            return count
        after = piece[-1].seq
        # SQLite lets others wait in no queue: they get in when they happen to look while nobody writes.
        sleep(perf_counter() - begun)


def _require_steward(actor: User | None, room: Room) -> None:
    """In each piece: who loses the right meanwhile does not go on."""
    if actor is None:
        return
    if not Room.objects.visible_to(actor).filter(pk=room.pk).exists():
        raise NotFound(NO_ROOM)
    require_moderator(actor, room)


def _said(room: Room, user: User, since: datetime | None) -> MessageQuerySet:
    said: MessageQuerySet = Message.objects.complete().filter(room=room, sender=user, deleted_at__isnull=True)
    return said if since is None else said.filter(created_at__gte=since)


def _delete_piece(room: Room, said: MessageQuerySet) -> list[Message]:
    """The oldest of these, each with a version of its own, as if they were deleted one by one."""
    messages = list(said.order_by("seq")[:PIECE])
    empty_messages(messages)
    for version, message in enumerate(messages, start=room.version + 1):
        message.version = version
    if messages:
        store_emptied(messages)
        Room.objects.filter(pk=room.pk).update(version=F("version") + len(messages))
        events.announce_changed(*messages)
    return messages
