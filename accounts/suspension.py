"""Shutting a person out, and letting them in again. What they wrote stays; nobody's account is deleted."""

from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts import audit
from accounts.actions import end_sessions
from accounts.audit import Kind
from accounts.models import User
from accounts.signals import sessions_ended


@transaction.atomic
def suspend(*, user: User) -> None:
    """Everything they have open closes, and they cannot log in. Suspending twice changes nothing."""
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        audit.record(Kind.SUSPENDED, target=user)
        end_sessions(user=user, sessions=UserSession.objects.filter(user=user))
        sessions_ended.send(User, user=user)
    user.is_active = False


@transaction.atomic
def restore(*, user: User) -> None:
    """They can log in again."""
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        audit.record(Kind.RESTORED, target=user)
    user.is_active = True
