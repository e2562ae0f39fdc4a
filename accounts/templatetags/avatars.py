"""Template tags for users: their avatar, their availability and how long they have been online."""

import re
from datetime import datetime, timedelta

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts.models import Person, User
from accounts.presence.availability import LABELS

register = template.Library()

HUES = 12
A_MINUTE = timedelta(minutes=1)


@register.simple_tag
def avatar(person: User | Person, size: str = "", status: str = "") -> SafeString:
    """Render a user's avatar: their photo, or their initials on one of twelve colors (see elements/avatar.js).

    `size` is small, medium or large. `status`, an availability, adds the presence dot.
    """
    if emoji := _emoji(person):
        return format_html(
            '<span class="avatar is-emoji{}" aria-hidden="true">{}</span>', f" is-{size}" if size else "", emoji
        )
    classes = f"avatar hue-{person.pk % HUES}" + (f" is-{size}" if size else "")
    status = format_html(' data-status="{}"', status) if status else ""
    return format_html('<span class="{}"{} aria-hidden="true">{}</span>', classes, status, _content(person))


@register.simple_tag
def bot_badge(person: User | Person) -> SafeString | str:
    """Render the badge beside the name of a bot (see elements/bot_badge.js). People have none."""
    return format_html('<span class="bot-badge">{}</span>', _("Bot")) if person.is_bot else ""


@register.filter
def availability_label(status: str) -> str:
    return str(LABELS[status])


@register.filter
def online_since(since: datetime) -> str:
    """Describe how long a user has been online, as in 'online 2 hours, 5 minutes'."""
    is_new = timezone.now() - since < A_MINUTE
    return _("just now") if is_new else _("online %(duration)s") % {"duration": timesince(since)}


def initials(name: str) -> str:
    """Return the first letters of the first and last words, or the first two letters of a single word."""
    words = [word for word in re.split(r"[\s_.-]+", name) if word]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "?"


def _emoji(person: User | Person) -> str:
    """Return the emoji that a bot shows in place of its avatar, or ""."""
    return person.emoji if isinstance(person, Person) else ""


def _content(person: User | Person) -> SafeString | str:
    if not (name := person.avatar_name):
        return initials(person.name)
    version = name[-12:-5]
    return format_html('<img src="{}?v={}" alt="">', reverse("accounts:avatar", args=[person.pk]), version)
