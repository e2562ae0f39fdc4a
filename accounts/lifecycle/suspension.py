"""Suspends and reinstates users. Suspended users keep their account and their messages.

A temporary suspension ends when the user logs in after its end time, or at the server's next check.
"""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.actions import end_sessions
from accounts.audit import Kind
from accounts.models import User
from accounts.signals import sessions_ended


@transaction.atomic
def suspend(*, user: User, until: datetime | None = None) -> None:
    """Log a user out everywhere and suspend them until the given time or, if None, until they are reinstated.

    If they are already suspended, this only changes the end time.
    """
    if User.objects.filter(pk=user.pk).exclude(is_active=False, suspended_until=until).update(suspended_until=until):
        audit.record(Kind.SUSPENDED, target=user, until=until and until.isoformat(timespec="seconds"))
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        end_sessions(user=user, sessions=UserSession.objects.filter(user=user))
        sessions_ended.send(User, user=user)
    user.is_active, user.suspended_until = False, until


@transaction.atomic
def reinstate(*, user: User) -> None:
    """Let a suspended user log in again."""
    suspended = User.objects.filter(pk=user.pk, is_active=False, deleted_at=None)
    if suspended.update(is_active=True, suspended_until=None):
        audit.record(Kind.REINSTATED, target=user)
        user.is_active, user.suspended_until = True, None


def end_suspensions() -> int:
    """Reinstate all users whose suspension has expired, and return their number."""
    expired = User.objects.filter(is_active=False, deleted_at=None, suspended_until__lte=timezone.now())
    return expired.update(is_active=True, suspended_until=None)
