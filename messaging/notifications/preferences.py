"""A user's notification preferences and keywords."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from messaging.history import events
from messaging.models import HeldBack, Keyword, NotificationPreferences
from messaging.models.notification import KEY_LENGTH, KEYWORD_LENGTH
from messaging.notifications.keywords import key_of
from rooms.errors import Invalid

MAX_KEYWORDS = 20


def preferences_of(user: User) -> NotificationPreferences:
    """Return the user's preferences, or the default ones, which aren't stored, if they have changed nothing."""
    return NotificationPreferences.objects.filter(user=user).first() or NotificationPreferences(user=user)


def page_settings_of(user_ids: Collection[int]) -> dict[int, events.Event]:
    """Return what the open pages of each of these users need to know to notify them."""
    stored = NotificationPreferences.objects.filter(user__in=list(user_ids)).only("sound", "desktop")
    found = {each.user_id: events.serialize_preferences(each) for each in stored}
    default = events.serialize_preferences(NotificationPreferences())
    return {user_id: found.get(user_id, default) for user_id in user_ids}


def keywords_of(user: User) -> list[str]:
    return list(Keyword.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


@transaction.atomic
def save_preferences(*, user: User, keywords: Sequence[str] | None = None, **fields: Any) -> NotificationPreferences:
    """Change the given fields, and replace the keywords unless they are None."""
    keys = None if keywords is None else keyword_keys(keywords)
    preferences, _created = NotificationPreferences.objects.update_or_create(user=user, defaults=fields)
    if keys is not None:
        _replace_keywords(user, keys)
    HeldBack.objects.filter(user=user).update(due_at=timezone.now())  # perhaps the quiet hours are over now
    events.announce_preferences(preferences)
    return preferences


def keyword_keys(keywords: Sequence[str]) -> dict[str, str]:
    """Return the keywords by their keys. Those that find the same are one."""
    texts = [text for text in (" ".join(each.split()) for each in keywords) if text]
    if len(texts) > MAX_KEYWORDS:
        text = ngettext("You can have up to %(count)d keyword.", "You can have up to %(count)d keywords.", MAX_KEYWORDS)
        raise Invalid(text % {"count": MAX_KEYWORDS}, field="keywords")
    keys: dict[str, str] = {}
    for text in texts:
        keys.setdefault(_key(text), text)
    return keys


def _key(text: str) -> str:
    if len(text) > KEYWORD_LENGTH:
        message = _("“%(text)s…” is too long. A keyword can have up to %(count)d characters.")
        raise Invalid(message % {"text": text[:20], "count": KEYWORD_LENGTH}, field="keywords")
    key = key_of(text)
    if not key:
        message = _("“%(text)s” has no letters or digits, so no message would match it.") % {"text": text}
        raise Invalid(message, field="keywords")
    if len(key) > KEY_LENGTH:
        raise Invalid(_("“%(text)s…” is too long. Use a shorter one.") % {"text": text[:20]}, field="keywords")
    return key


def _replace_keywords(user: User, keys: Mapping[str, str]) -> None:
    """Keep the rows of keywords that stay, so that saving the page twice changes nothing."""
    stored = dict(Keyword.objects.filter(user=user).values_list("key", "text"))
    changed = [key for key, text in stored.items() if keys.get(key) != text]
    Keyword.objects.filter(user=user, key__in=changed).delete()
    new = [Keyword(user=user, key=key, text=text) for key, text in keys.items() if stored.get(key) != text]
    Keyword.objects.bulk_create(new, ignore_conflicts=True)
