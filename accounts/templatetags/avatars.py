"""A person's face: the picture, or two letters on one of twelve colours, as the browser modules draw it."""

import re
from datetime import datetime, timedelta

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from accounts.models import User
from accounts.presence.availability import WORDS

register = template.Library()

HUES = 12
A_MINUTE = timedelta(minutes=1)


@register.simple_tag
def face(person: User, size: str = "", status: str = "") -> SafeString:
    """Render a person's avatar. `size` is small, medium or large; `status`, an availability, adds the presence dot."""
    classes = f"face hue-{person.pk % HUES}" + (f" is-{size}" if size else "")
    status = format_html(' data-status="{}"', status) if status else ""
    return format_html('<span class="{}"{} aria-hidden="true">{}</span>', classes, status, _inside(person))


@register.filter
def in_words(status: str) -> str:
    return WORDS[status]


@register.filter
def for_so_long(since: datetime) -> str:
    """How long ago it began: 'online 2 hours, 5 minutes'."""
    return f"online {timesince(since)}" if timezone.now() - since >= A_MINUTE else "just now"


def initials(name: str) -> str:
    """Two letters: of the first and the last word, or the first two of a single one."""
    words = [word for word in re.split(r"[\s_.-]+", name) if word]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "?"


def _inside(person: User) -> SafeString | str:
    if not person.avatar:
        return initials(person.name)
    version = person.avatar.name[-12:-5]
    return format_html('<img src="{}?v={}" alt="">', reverse("accounts:avatar", args=[person.pk]), version)
