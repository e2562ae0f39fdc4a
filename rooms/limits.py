"""Limits per user and hour: rooms created, people added and conversations started."""

import math
from typing import Any

from django.conf import settings
from django.utils.translation import ngettext_lazy

from accounts.audit import Kind, seconds_to_wait, seconds_until_free
from accounts.lifecycle.durations import describe
from accounts.models import User
from rooms.errors import LimitReached
from rooms.models import CONVERSATIONS, Room
from rooms.permissions import require_person

TOO_MANY_ROOMS = ngettext_lazy(
    "You can create %(most)d room per hour. Try again in %(time)s.",
    "You can create %(most)d rooms per hour. Try again in %(time)s.",
    "most",
)
TOO_MANY_ADDITIONS = ngettext_lazy(
    "You can add %(most)d person to rooms per hour. Try again in %(time)s.",
    "You can add %(most)d people to rooms per hour. Try again in %(time)s.",
    "most",
)
TOO_MANY_CONVERSATIONS = ngettext_lazy(
    "You can start %(most)d conversation per hour. Try again in %(time)s.",
    "You can start %(most)d conversations per hour. Try again in %(time)s.",
    "most",
)


def check_room_limit(owner: User) -> None:
    """Raise LimitReached if the user has created CHAT_ROOMS_PER_HOUR rooms, or Forbidden for a bot."""
    require_person(owner)
    most = settings.CHAT_ROOMS_PER_HOUR
    if wait := seconds_to_wait(owner, Kind.ROOM_CREATED, most=most):
        raise _limit_reached(TOO_MANY_ROOMS, most, wait)


def check_addition_limit(actor: User) -> None:
    """Raise LimitReached if the user has added CHAT_ADDITIONS_PER_HOUR people to rooms."""
    most = settings.CHAT_ADDITIONS_PER_HOUR
    if wait := seconds_to_wait(actor, Kind.ADDED, most=most):
        raise _limit_reached(TOO_MANY_ADDITIONS, most, wait)


def check_conversation_limit(user: User) -> None:
    """Raise LimitReached if the user has started CHAT_ADDITIONS_PER_HOUR conversations, or Forbidden for a bot."""
    require_person(user)
    most = settings.CHAT_ADDITIONS_PER_HOUR
    # Counts rooms, because the audit log doesn't contain who opens them.
    opened = Room.objects.filter(kind__in=CONVERSATIONS, created_by=user)
    if wait := seconds_until_free(opened, "created_at", most=most):
        raise _limit_reached(TOO_MANY_CONVERSATIONS, most, wait)


def _limit_reached(text: Any, most: int, wait: float) -> LimitReached:
    time = describe(math.ceil(wait / 60), "minute")
    return LimitReached(text % {"most": most, "time": time}, retry_after=wait)
