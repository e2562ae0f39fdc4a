"""Actions behind the links in emails, for people who may not be logged in."""

from django.db import transaction

from accounts.models import User
from messaging.models import EmailDelay, NotificationPreferences
from messaging.notifications.emails.links import InvalidToken, Kind

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
