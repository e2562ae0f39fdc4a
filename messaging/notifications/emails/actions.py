"""Actions behind the links in emails, for people who may not be logged in."""

from typing import Any

from accounts.models import User
from messaging.models import EmailDelay
from messaging.notifications.emails.links import InvalidToken, Kind
from messaging.notifications.preferences import save_preferences
from rooms.models import Membership

_OFF: dict[Kind, dict[str, Any]] = {
    Kind.MESSAGES: {"email_delay": EmailDelay.NEVER},
    Kind.DIGEST: {"gets_digest": False},
}


def unsubscribe(*, user_id: int, kind: Kind) -> None:
    """Turn emails of a kind off. Those that are due are found to be unwanted then. Raises InvalidToken."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise InvalidToken
    save_preferences(user=user, **_OFF[kind])


def find_membership(user_id: int, room_id: int) -> Membership:
    """Return the membership that a link is about, with its user and room. Raises InvalidToken if there is none."""
    found = Membership.objects.visible().filter(user=user_id, room=room_id, user__is_active=True)
    membership = found.select_related("user", "room").first()
    if membership is None:
        raise InvalidToken
    return membership
