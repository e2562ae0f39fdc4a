"""Receivers that revoke API tokens when all sessions of their user end, and delete those that ended long ago."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from accounts.auth.token_actions import revoke_tokens
from accounts.lifecycle import retention
from accounts.models import APIToken, User
from accounts.signals import sessions_ended

retention.register("API tokens", APIToken.objects.outdated)


@receiver(sessions_ended)
def end_tokens(sender: object, user: User, session_keys: Iterable[str] = (), **kwargs: Any) -> None:
    """Revoke a user's tokens after a suspension, a deletion or a password change, and not when single sessions end.

    Those of their bots are revoked only if the user is no longer active: a bot has its own rights.
    """
    if session_keys or user.pk is None:
        return
    revoke_tokens(user=user)
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        for bot in User.objects.filter(owner=user.pk):
            sessions_ended.send(User, user=bot)
