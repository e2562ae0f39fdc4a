"""Suspends and reinstates users. Suspended users keep their account and their messages.

A temporary suspension ends when the user logs in after its end time, or at the server's next check. The bots of a
suspended person stop, too (see `owned_bots`).
"""

from collections.abc import Collection
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.actions import end_sessions
from accounts.audit import Kind
from accounts.lifecycle.owned_bots import resume_bots
from accounts.models import User
from accounts.signals import sessions_ended


@transaction.atomic
def suspend(*, user: User, until: datetime | None = None) -> None:
    """Log a user out everywhere and suspend them until the given time or, if None, until they are reinstated.

    If they are already suspended, this only changes the end time. A bot that was stopped with its owner stays suspended
    when its owner is back.
    """
    if User.objects.filter(pk=user.pk).exclude(is_active=False, suspended_until=until).update(suspended_until=until):
        audit.record(Kind.SUSPENDED, target=user, until=until and until.isoformat(timespec="seconds"))
    working = User.objects.filter(Q(is_active=True) | Q(is_stopped_with_owner=True), pk=user.pk)
    if working.update(is_active=False, is_stopped_with_owner=False):
        end_sessions(user=user, sessions=UserSession.objects.filter(user=user))
        sessions_ended.send(User, user=user)
    user.is_active, user.suspended_until = False, until


@transaction.atomic
def reinstate(*, user: User) -> bool:
    """Let a suspended user log in again. Return whether they are active: a bot waits until its owner is, too."""
    if _is_suspended(user):
        _bring_back([user.pk])
        audit.record(Kind.REINSTATED, target=user)
        user.refresh_from_db(fields=["is_active", "suspended_until", "is_stopped_with_owner"])
    return user.is_active


@transaction.atomic
def end_suspensions() -> int:
    """Reinstate all users whose suspension has expired, and return their number."""
    expired = User.objects.filter(is_active=False, deleted_at=None, suspended_until__lte=timezone.now())
    ids = list(expired.values_list("pk", flat=True))
    if ids:
        _bring_back(ids)
    return len(ids)


def _is_suspended(user: User) -> bool:
    return User.objects.filter(pk=user.pk, is_active=False, is_stopped_with_owner=False, deleted_at=None).exists()


def _bring_back(user_ids: Collection[int]) -> None:
    """Reinstate suspended people with their bots, and suspended bots, unless their owner isn't active."""
    suspended = User.objects.filter(pk__in=user_ids, is_active=False, deleted_at=None)
    people = suspended.filter(owner=None)
    owner_ids = list(people.values_list("pk", flat=True))
    people.update(is_active=True, suspended_until=None)
    resume_bots(owner_ids=owner_ids)
    suspended.filter(owner__is_active=False).update(suspended_until=None, is_stopped_with_owner=True)
    suspended.filter(owner__is_active=True).update(is_active=True, suspended_until=None)
