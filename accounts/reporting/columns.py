"""Columns that several of the admin's lists share: people with their photo, and times."""

from datetime import datetime

from django.contrib.admin.utils import quote
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.templatetags.avatars import avatar
from accounts.timestamps import rfc3339

NOTHING = "–"


def person_column(user: User | None, *, has_link: bool = True) -> SafeString | str:
    """Show a person's photo, name and username. The name links to their page unless the list adds its own link."""
    if user is None:
        return NOTHING
    name = format_html('<b><bdi title="{}">{}</bdi></b>', user.name, user.name)
    if has_link and user.deleted_at is None:
        name = format_html('<a href="{}">{}</a>', change_url(user), name)
    markup = '<span class="face">{}<span class="face__name">{}<small dir="ltr">@{}</small></span></span>'
    return format_html(markup, avatar(user, "medium"), name, user.username)


def time_column(at: datetime | None) -> SafeString | str:
    """Show the time of day for today, and otherwise the date before it. The tooltip has all of it."""
    if at is None:
        return NOTHING
    local, now = timezone.localtime(at), timezone.localtime()
    time = date_format(local, "TIME_FORMAT")
    if local.date() != now.date():
        day = date_format(local, "MONTH_DAY_FORMAT" if local.year == now.year else "DATE_FORMAT")
        time = format_html("{} <small>{}</small>", day, time)
    full = date_format(local, "DATETIME_FORMAT")
    markup = '<local-time format="column"><time datetime="{}" title="{}">{}</time></local-time>'
    return format_html(markup, rfc3339(at, "seconds"), full, time)


def tag(text: object, style: str = "") -> SafeString:
    """Show a state. `style` is warning or good."""
    return format_html('<span class="tag{}">{}</span>', f" is-{style}" if style else "", text)


def wide_column(text: str) -> SafeString:
    """Show a text that people wrote, in lines of a readable length."""
    return format_html('<div class="is-wide" dir="auto">{}</div>', text)


def link_column(instance: models.Model | None, text: object) -> SafeString | str:
    """Show a link to an object's page in the admin."""
    return NOTHING if instance is None else format_html('<a href="{}"><bdi>{}</bdi></a>', change_url(instance), text)


def change_url(instance: models.Model) -> str:
    meta = instance._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(instance.pk)])
