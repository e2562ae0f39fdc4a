"""Removing all that somebody wrote: a piece at a time, so that nobody waits, and to the end, whatever restarts."""

import asyncio
import logging
from collections.abc import Iterable

from django.db import transaction

from live.db_threads import in_writing_thread
from messaging.history import events
from messaging.models import Erasure, Message
from messaging.posting.inserts import store_emptied
from messaging.posting.tombstones import empty_messages
from rooms.models import Room

logger = logging.getLogger(__name__)

PIECE = 100
LOOK_SECONDS = 5.0
PAUSE_SECONDS = 0.05  # between two pieces: others write too


def erase_piece() -> bool:
    """Empty the next messages of somebody whose messages are to go; False when there is nobody left.

    Their numbers stay, as `messaging.posting.actions.delete_message` leaves them, and open pages see it.
    """
    return Erasure.objects.exists() and _erase()  # nearly always there is none: no reason to lock anything


@transaction.atomic
def _erase() -> bool:
    erasure = Erasure.objects.select_for_update().order_by("pk").first()
    if erasure is None:
        return False
    left = Message.objects.filter(sender_id=erasure.sender_id, pk__gt=erasure.done_to, deleted_at=None).order_by("pk")
    place = dict(left.values_list("pk", "room_id")[:PIECE])
    if not place:
        erasure.delete()
        return True
    rooms = _locked(place.values())
    # Read again under the locks: one may have been deleted meanwhile, or its room.
    messages = list(left.complete().filter(pk__in=place, room__in=rooms))
    empty_messages(messages)
    for message in messages:
        room = rooms[message.room_id]
        room.version += 1
        message.version = room.version
    store_emptied(messages)
    Room.objects.bulk_update(rooms.values(), ["version"])
    Erasure.objects.filter(pk=erasure.pk).update(done_to=max(place))
    events.announce_changed(*messages)
    return True


def _locked(room_ids: Iterable[int]) -> dict[int, Room]:
    """In the order of their ids, as posts lock them."""
    locked = Room.objects.select_for_update().filter(pk__in=set(room_ids)).order_by("pk")
    return {room.pk: room for room in locked}


class Eraser:
    """Belongs to the loop that it was made on; every process has one, and each piece is done by one of them."""

    def __init__(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        pause = LOOK_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = LOOK_SECONDS
            try:
                if await in_writing_thread(erase_piece):
                    pause = PAUSE_SECONDS
            except Exception:
                logger.exception("messages could not be removed; trying again")
