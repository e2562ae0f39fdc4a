"""Notices that wait for a person to open the chat, because they were offline when something happened."""

from django.db.models import Value
from django.db.models.functions import Concat

from accounts.models import User

MAX_NOTICES = 5


def leave_notice(user_id: int, detail: str) -> None:
    """Keep a sentence for a person who is offline; people online get an event instead."""
    if not User.objects.online().filter(pk=user_id).exists():
        User.objects.filter(pk=user_id).update(notices=Concat("notices", Value(f"{detail}\n")))


def take_notices(user: User) -> list[str]:
    """Return and delete a person's notices, the newest MAX_NOTICES of them; none if another one arrives just now."""
    notices = user.notices
    if not notices or not User.objects.filter(pk=user.pk, notices=notices).update(notices=""):
        return []
    user.notices = ""
    return notices.splitlines()[-MAX_NOTICES:]
