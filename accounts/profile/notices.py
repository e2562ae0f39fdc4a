"""Notices about events that happened while a user was offline, shown when they next open the chat."""

from django.db.models import Value
from django.db.models.functions import Concat, Replace

from accounts.models import User

MAX_NOTICES = 5


def leave_notice(user_id: int, detail: str, *, if_online: bool = False) -> None:
    """Store a sentence for a user who is offline. Those who are online get an event instead, unless `if_online`."""
    if if_online or not User.objects.online().filter(pk=user_id).exists():
        User.objects.filter(pk=user_id).update(notices=Concat("notices", Value(f"{detail}\n")))


def withdraw_notice(user_id: int, detail: str) -> None:
    """Delete a sentence that the user hasn't seen yet."""
    notices = User.objects.filter(pk=user_id, notices__contains=f"{detail}\n")
    notices.update(notices=Replace("notices", Value(f"{detail}\n"), Value("")))


def take_notices(user: User) -> list[str]:
    """Delete a user's notices and return the newest MAX_NOTICES, or none if another notice has just arrived."""
    notices = user.notices
    if not notices or not User.objects.filter(pk=user.pk, notices=notices).update(notices=""):
        return []
    user.notices = ""
    return notices.splitlines()[-MAX_NOTICES:]
