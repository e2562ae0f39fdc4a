"""Links in emails. Anyone who has a signed one may do what it says without logging in, and nothing else.

They don't expire, because emails are kept for years.
"""

from django.core import signing
from django.db import models
from django.urls import reverse

from accounts.links import site_url

_UNSUBSCRIBE_SALT = "messaging.notifications.unsubscribe"
_MUTE_SALT = "messaging.notifications.mute"


class InvalidToken(Exception):
    """The link is incomplete, or wasn't made by this site."""


class Kind(models.TextChoices):
    """The kinds of emails that can be turned off."""

    MESSAGES = "messages"
    DIGEST = "digest"


def unsubscribe_url(user_id: int, kind: Kind) -> str:
    token = signing.dumps([user_id, kind.value], salt=_UNSUBSCRIBE_SALT)
    return site_url(reverse("messaging:unsubscription", args=[token]))


def read_unsubscribe_token(token: str) -> tuple[int, Kind]:
    """Return the id of the user and the kind of emails. Raises InvalidToken."""
    user_id, kind = _read(token, _UNSUBSCRIBE_SALT)
    return user_id, Kind(kind)


def mute_url(user_id: int, room_id: int) -> str:
    token = signing.dumps([user_id, room_id], salt=_MUTE_SALT)
    return site_url(reverse("messaging:email_mute", args=[token]))


def read_mute_token(token: str) -> tuple[int, int]:
    """Return the ids of the user and the room. Raises InvalidToken."""
    user_id, room_id = _read(token, _MUTE_SALT)
    return user_id, room_id


def settings_path() -> str:
    return reverse("messaging:notifications")


def _read(token: str, salt: str) -> list:
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature as error:
        raise InvalidToken from error
