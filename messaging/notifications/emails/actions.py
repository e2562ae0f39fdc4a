"""Actions behind the links in emails, for people who may not be logged in."""

from django.db import transaction

from accounts.models import User
from messaging.models import EmailDelay, NotificationPreferences
from messaging.notifications.emails.links import InvalidToken, Kind
from rooms.models import Membership

_OFF: dict[Kind, dict[str, object]] = {
    Kind.MESSAGES: {"email_delay": EmailDelay.NEVER},
    Kind.DIGEST: {"gets_digest": False},
}


@transaction.atomic
def unsubscribe(*, user_id: int, kind: Kind) -> None:
    """Turn emails of a kind off. Those that are due are found to be unwanted then. Raises InvalidToken."""
    if not User.objects.filter(pk=user_id).exists():
        raise InvalidToken
    NotificationPreferences.objects.update_or_create(user_id=user_id, defaults=_OFF[kind])


def find_membership(user_id: int, room_id: int) -> Membership:
    """Return the membership that a link is about, with its user and room. Raises InvalidToken if there is none."""
    found = Membership.objects.visible().filter(user=user_id, room=room_id, user__is_active=True)
    membership = found.select_related("user", "room").first()
    if membership is None:
        raise InvalidToken
    return membership
