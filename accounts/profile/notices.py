"""What somebody is told on the next chat page that they open, since none was open when it happened."""

from django.db.models import Value
from django.db.models.functions import Concat

from accounts.models import User

SHOWN = 5


def leave_notice(user_id: int, detail: str) -> None:
    """`detail`: a sentence. Whoever has the chat open is told by an event, and not a second time."""
    if not User.objects.online().filter(pk=user_id).exists():
        User.objects.filter(pk=user_id).update(notices=Concat("notices", Value(f"{detail}\n")))


def take_notices(user: User) -> list[str]:
    """The newest of them, for once; none while others come in."""
    left = user.notices
    if not left or not User.objects.filter(pk=user.pk, notices=left).update(notices=""):
        return []
    user.notices = ""
    return left.splitlines()[-SHOWN:]
