"""Shutting a person out, and letting them in again. What they wrote stays; nobody's account is deleted.

A suspension that has an end is over when the person logs in after it, or at the server's next look.
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
    """Everything they have open closes, and they cannot log in before then; None: until they are restored.

    Whoever is suspended already is so until the new end.
    """
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, suspended_until=until):
        audit.record(Kind.SUSPENDED, target=user, until=until and until.isoformat(timespec="seconds"))
        end_sessions(user=user, sessions=UserSession.objects.filter(user=user))
        sessions_ended.send(User, user=user)
    else:
        User.objects.filter(pk=user.pk).update(suspended_until=until)
    user.is_active, user.suspended_until = False, until


@transaction.atomic
def restore(*, user: User) -> None:
    """They can log in again."""
    shut_out = User.objects.filter(pk=user.pk, is_active=False, deleted_at=None)
    if shut_out.update(is_active=True, suspended_until=None):
        audit.record(Kind.REINSTATED, target=user)
        user.is_active, user.suspended_until = True, None


def end_suspensions() -> int:
    """Let in all whose time is over; returns how many."""
    over = User.objects.filter(is_active=False, deleted_at=None, suspended_until__lte=timezone.now())
    return over.update(is_active=True, suspended_until=None)
