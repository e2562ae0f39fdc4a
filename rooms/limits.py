"""Limits on what one person does to others: rooms they create, people they add, conversations they start."""

import math
from typing import Any

from django.conf import settings
from django.utils.translation import ngettext_lazy

from accounts.audit import Kind, seconds_to_wait, seconds_until_free
from accounts.lifecycle.durations import describe
from accounts.models import User
from rooms.errors import LimitReached
from rooms.models import Room

TOO_MANY_ROOMS = ngettext_lazy(
    "You can create %(most)d room an hour. Try again in %(time)s.",
    "You can create %(most)d rooms an hour. Try again in %(time)s.",
    "most",
)
TOO_MANY_ADDITIONS = ngettext_lazy(
    "You can add %(most)d person an hour to rooms. Try again in %(time)s.",
    "You can add %(most)d people an hour to rooms. Try again in %(time)s.",
    "most",
)
TOO_MANY_CONVERSATIONS = ngettext_lazy(
    "You can start %(most)d conversation an hour. Try again in %(time)s.",
    "You can start %(most)d conversations an hour. Try again in %(time)s.",
    "most",
)


def require_room_to_spare(owner: User) -> None:
    most = settings.CHAT_ROOMS_PER_HOUR
    if wait := seconds_to_wait(owner, Kind.ROOM_CREATED, most=most):
        raise _limit_reached(TOO_MANY_ROOMS, most, wait)


def require_addition_to_spare(actor: User) -> None:
    most = settings.CHAT_ADDITIONS_PER_HOUR
    if wait := seconds_to_wait(actor, Kind.ADDED, most=most):
        raise _limit_reached(TOO_MANY_ADDITIONS, most, wait)


def require_conversation_to_spare(user: User) -> None:
    """Count new direct rooms, since the audit log doesn't say who opens them."""
    most = settings.CHAT_ADDITIONS_PER_HOUR
    opened = Room.objects.filter(kind=Room.Kind.DIRECT, created_by=user)
    if wait := seconds_until_free(opened, "created_at", most=most):
        raise _limit_reached(TOO_MANY_CONVERSATIONS, most, wait)


def _limit_reached(text: Any, most: int, wait: float) -> LimitReached:
    time = describe(math.ceil(wait / 60), "minute")
    return LimitReached(text % {"most": most, "time": time}, retry_after=round(wait, 1))
