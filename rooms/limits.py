"""Limits on what one person does to others: rooms they create, people they add, conversations they start."""

import math

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.audit import Kind, seconds_to_wait, seconds_until_free
from accounts.lifecycle.durations import describe
from accounts.models import User
from rooms.errors import LimitReached
from rooms.models import Room


def require_room_to_spare(owner: User) -> None:
    most = settings.CHAT_ROOMS_PER_HOUR
    wait = seconds_to_wait(owner, Kind.ROOM_CREATED, most=most)
    _refuse_during(wait, _("You can create %(most)d rooms an hour. Try again in %(time)s."), most)


def require_addition_to_spare(actor: User) -> None:
    most = settings.CHAT_ADDITIONS_PER_HOUR
    wait = seconds_to_wait(actor, Kind.ADDED, most=most)
    _refuse_during(wait, _("You can add %(most)d people an hour to rooms. Try again in %(time)s."), most)


def require_conversation_to_spare(user: User) -> None:
    """Count new direct rooms, since the audit log doesn't say who opens them."""
    most = settings.CHAT_ADDITIONS_PER_HOUR
    wait = seconds_until_free(Room.objects.filter(kind=Room.Kind.DIRECT, created_by=user), "created_at", most=most)
    _refuse_during(wait, _("You can start %(most)d conversations an hour. Try again in %(time)s."), most)


def _refuse_during(wait: float, text: str | Promise, most: int) -> None:
    if wait:
        time = describe(math.ceil(wait / 60), "minute")
        raise LimitReached(text % {"most": most, "time": time}, retry_after=round(wait, 1))
