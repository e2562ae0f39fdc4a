"""Stops the bots of people who are suspended or deleted, and lets them work again once their owner is back.

A stopped bot is suspended, so it is refused wherever a suspended account is: with its tokens, on its sockets and when
messages are posted for it. It keeps its tokens.
"""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from accounts.signals import sessions_ended


@transaction.atomic
def stop_bots(*, owner_id: int) -> None:
    """Suspend the bots of a person who is no longer active, and close their sockets."""
    bots = list(User.objects.filter(owner=owner_id, is_active=True).order_by("pk"))
    User.objects.filter(pk__in=[bot.pk for bot in bots]).update(is_active=False, is_stopped_with_owner=True)
    for bot in bots:
        sessions_ended.send(User, user=bot, keeps_tokens=True)


def resume_bots(*, owner_ids: Iterable[int]) -> None:
    """Let the bots of these people work again, except those that were suspended or disabled themselves."""
    stopped = User.objects.filter(owner__in=list(owner_ids), is_stopped_with_owner=True, deleted_at=None)
    stopped.update(is_active=True, is_stopped_with_owner=False)
