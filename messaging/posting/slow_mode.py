"""Slow mode: so long a member of a room waits between two messages."""

import math
from collections.abc import Collection
from datetime import datetime

from messaging.errors import SlowMode
from messaging.models import Message
from messaging.posting.inserts import newest_of
from rooms.room_state import MemberKey, RoomState


class Pace:
    """When each of these people last wrote in rooms that are slow, also within the batch that is being stored."""

    def __init__(self, places: Collection[MemberKey]) -> None:
        """Asks the database only where there is something to ask."""
        self._wrote: dict[MemberKey, datetime] = newest_of(places) if places else {}

    def check(self, place: MemberKey, room: RoomState, now: datetime) -> None:
        """Raises SlowMode, which says after how many seconds the same post is taken."""
        wrote = self._wrote.get(place)
        if wrote is None:
            return
        # A clock that was put back makes nobody wait longer than the room says.
        wait = min(room.slow_seconds - (now - wrote).total_seconds(), room.slow_seconds)
        if wait > 0:
            wait = math.ceil(wait * 10) / 10
            raise SlowMode(f"This room is in slow mode: {told(room.slow_seconds)}.", retry_after=wait)

    def note(self, message: Message, place: MemberKey) -> None:
        self._wrote[place] = message.created_at


def told(seconds: int) -> str:
    """'one message every 30 seconds'"""
    for unit, length in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds % length == 0:
            count = seconds // length
            return f"one message every {unit}" if count == 1 else f"one message every {count} {unit}s"
    raise AssertionError
