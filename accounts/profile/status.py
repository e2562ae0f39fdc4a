"""What a person says of themselves: whether they may be disturbed, a few words, and until when."""

import zoneinfo
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import usernames
from accounts.models import Connection, Status, User
from accounts.signals import profile_changed

MOST = User._meta.get_field("status_text").max_length or 0
JOINER = "\u200c"  # Persian words need it
LASTING = {"30m": timedelta(minutes=30), "1h": timedelta(hours=1), "4h": timedelta(hours=4)}
TODAY = "today"


@transaction.atomic
def set_status(
    *, user: User, status: str, text: str = "", until: datetime | None = None, hides_last_seen: bool = False
) -> User:
    """Say how one is seen, and a few words, which go by themselves at `until`. Raises ValidationError by field."""
    if status not in Status.values:
        raise ValidationError({"status": "Choose Active, Do not disturb or Invisible."})
    text = clean_status_text(text)
    user = User.objects.select_for_update().get(pk=user.pk)
    if status == Status.INVISIBLE != user.status and Connection.objects.live().filter(user=user).exists():
        user.last_seen_at = timezone.now()  # as if they had left
    user.status, user.hides_last_seen = status, hides_last_seen
    user.status_text, user.status_until = text, until if text else None
    user.save(update_fields=["status", "status_text", "status_until", "hides_last_seen", "last_seen_at"])
    profile_changed.send(User, user=user)
    return user


def clean_status_text(text: str) -> str:
    """On one line, without what is invisible. Raises ValidationError."""
    text = " ".join(text.split())
    if len(text) > MOST:
        raise ValidationError({"text": f"Status can have at most {MOST} characters; this one has {len(text)}."})
    try:
        usernames.validate_display_name(text.replace(JOINER, ""))
    except ValidationError as error:
        raise ValidationError({"text": error.messages}) from error
    return text


def clearing_time(lasting: str, zone: str) -> datetime | None:
    """When a text that is to last so long goes; 'today' ends at midnight in the person's zone, if known."""
    now = timezone.now()
    if lasting == TODAY:
        local = now.astimezone(_zone(zone))
        return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return now + LASTING[lasting] if lasting in LASTING else None


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())
