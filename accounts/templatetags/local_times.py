"""Template filters for dates and times in the reader's time zone.

Without JavaScript, they are in the zone that `TimeZoneMiddleware` activated and in Django's format for the language. A
script replaces this text with the format of the chat (static/js/elements/local_time.js).
"""

from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.timestamps import rfc3339

register = template.Library()


@register.filter(expects_localtime=True)
def local_time(at: datetime | None) -> SafeString | str:
    """Render a date and time, as in '28 Nov 2026, 05:17'."""
    return _element("datetime", at, date_format(at, "DATETIME_FORMAT")) if at else ""


@register.filter(expects_localtime=True)
def local_date(at: datetime | None) -> SafeString | str:
    """Render the date of a moment, as in '28 Nov 2026'."""
    return _element("date", at, date_format(at, "DATE_FORMAT")) if at else ""


@register.filter
def time_ago(at: datetime | None) -> SafeString | str:
    """Render how long ago a moment was, with its date and time as a tooltip."""
    if at is None:
        return ""
    title = date_format(timezone.localtime(at), "DATETIME_FORMAT")
    markup = '<local-time format="title"><time datetime="{}" title="{}">{}</time></local-time>'
    return format_html(markup, rfc3339(at, "seconds"), title, naturaltime(at))


def _element(kind: str, at: datetime, text: str) -> SafeString:
    markup = '<local-time format="{}"><time datetime="{}">{}</time></local-time>'
    return format_html(markup, kind, rfc3339(at, "seconds"), text)
