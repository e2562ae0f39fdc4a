"""Receivers that revoke API tokens when all sessions of their user end, and stop the bots of those who are gone."""

from collections.abc import Iterable
from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from accounts.auth.token_actions import revoke_tokens
from accounts.lifecycle import retention
from accounts.lifecycle.owned_bots import stop_bots
from accounts.models import APIToken, User
from accounts.signals import sessions_ended

retention.register("API tokens", APIToken.objects.outdated)


@receiver(sessions_ended)
def end_tokens(
    sender: object, user: User, session_keys: Iterable[str] = (), keeps_tokens: bool = False, **kwargs: Any
) -> None:
    """Revoke a user's tokens after a suspension, a deletion or a password change, and not when single sessions end.

    Their bots have rights of their own. They go on after a new password, and stop if the user is no longer active.
    """
    if session_keys or keeps_tokens or user.pk is None:
        return
    revoke_tokens(user=user)
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        stop_bots(owner_id=user.pk)


@receiver(pre_delete, sender=User)
def stop_bots_of_deleted_user(sender: object, instance: User, **kwargs: Any) -> None:
    """Stop bots before their owner's row is deleted. Without an owner, they would go on as bots of the site."""
    stop_bots(owner_id=instance.pk)
