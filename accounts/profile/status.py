"""Statuses, which consist of the chosen availability and a short text that may expire."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.models import Connection, Status, User
from accounts.signals import profile_changed
from accounts.time_zones import find_zone

MAX_LENGTH = User._meta.get_field("status_text").max_length or 0
CLEAR_AFTER = {"30m": timedelta(minutes=30), "1h": timedelta(hours=1), "4h": timedelta(hours=4)}
TODAY = "today"


@transaction.atomic
def set_status(
    *, user: User, status: str, text: str = "", until: datetime | None = None, hides_last_seen: bool = False
) -> User:
    """Set a user's availability, and a text that expires at `until`. Raises ValidationError with messages by field."""
    if status not in Status.values:
        raise ValidationError({"status": _("Choose Active, Do not disturb or Invisible.")})
    text = clean_status_text(text)
    user = User.objects.select_for_update().get(pk=user.pk)
    if status == Status.INVISIBLE != user.status and Connection.objects.live().filter(user=user).exists():
        user.last_seen_at = timezone.now()  # to other users, they go offline now
    user.status, user.hides_last_seen = status, hides_last_seen
    user.status_text, user.status_until = text, until if text else None
    user.save(update_fields=["status", "status_text", "status_until", "hides_last_seen", "last_seen_at"])
    profile_changed.send(User, user=user)
    return user


def clean_status_text(text: str) -> str:
    """Return the text on one line. Raises ValidationError if it is too long or contains invisible characters."""
    text = " ".join(text.split())
    if len(text) > MAX_LENGTH:
        message = _("Status can have at most %(count)d characters; this one has %(length)d.")
        raise ValidationError({"text": message % {"count": MAX_LENGTH, "length": len(text)}})
    try:
        usernames.validate_display_name(text)
    except ValidationError as error:
        raise ValidationError({"text": error.messages}) from error
    return text


def clearing_time(clear_after: str, zone: str) -> datetime | None:
    """Return the expiry time for a key of CLEAR_AFTER or for TODAY, which ends at midnight in the user's time zone."""
    now = timezone.now()
    if clear_after == TODAY:
        local = now.astimezone(find_zone(zone) or timezone.get_current_timezone())
        return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return now + CLEAR_AFTER[clear_after] if clear_after in CLEAR_AFTER else None
