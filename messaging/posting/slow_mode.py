"""Slow mode, which makes members of a room wait for an interval between two messages."""

from datetime import datetime

from django.utils.functional import lazy
from django.utils.translation import ngettext

from messaging.errors import SlowMode
from messaging.models import NewMessage
from rooms.room_state import MemberKey, RoomState


class SlowModeClock:
    """The times at which members last posted in rooms in slow mode, including the batch being stored."""

    def __init__(self, last_posted: dict[MemberKey, datetime]) -> None:
        self._last_posted = last_posted

    def check(self, key: MemberKey, room: RoomState, now: datetime) -> None:
        """Raise SlowMode if the member must wait. Its `retry_after` is the number of seconds until they can post."""
        last = self._last_posted.get(key)
        if last is None:
            return
        # Even if the clock was set back, no one waits longer than the room's interval.
        wait = min(room.slow_seconds - (now - last).total_seconds(), room.slow_seconds)
        if wait > 0:
            raise SlowMode(describe_lazy(room.slow_seconds), retry_after=wait)

    def note(self, message: NewMessage, key: MemberKey) -> None:
        self._last_posted[key] = message.created_at


def describe(seconds: int) -> str:
    """Return a sentence such as 'This room is in slow mode: one message every 30 seconds.'"""
    if seconds % 3600 == 0:
        count = seconds // 3600
        text = ngettext(
            "This room is in slow mode: one message every hour.",
            "This room is in slow mode: one message every %(count)s hours.",
            count,
        )
    elif seconds % 60 == 0:
        count = seconds // 60
        text = ngettext(
            "This room is in slow mode: one message every minute.",
            "This room is in slow mode: one message every %(count)s minutes.",
            count,
        )
    else:
        count = seconds
        text = ngettext(
            "This room is in slow mode: one message every second.",
            "This room is in slow mode: one message every %(count)s seconds.",
            count,
        )
    return text % {"count": count}


describe_lazy = lazy(describe, str)  # the language is only active where the sender's socket sends the refusal
