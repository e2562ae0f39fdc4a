"""The figures on the admin's first page, each of which costs one bounded query."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mail.delivery import can_send_email
from accounts.models import Connection, QueuedEmail, User
from chatsite import __version__
from messaging.attachments.sizes import format_size
from messaging.models import StorageChange
from messaging.moderation.reports import count_open_reports

MOST = 1000  # larger numbers are shown as “1,000+”


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str
    note: str
    url: str = ""
    is_urgent: bool = False


def overview_for(user: User | AnonymousUser) -> list[Figure]:
    """Return the figures that this admin has the permission to see."""
    return list(_figures(user))


def _figures(user: User | AnonymousUser) -> Iterator[Figure]:
    if user.has_perm("messaging.view_report"):
        yield _open_reports(user)
    if user.has_perm("accounts.view_connection"):
        yield _people_online()
    if user.has_perm("accounts.view_user"):
        yield _active_today()
    if user.has_perm("messaging.view_message"):
        yield _storage()
    if user.is_superuser:
        yield _email()
    yield Figure(_("Version"), __version__, _("Chatsite"))


def _open_reports(user: User | AnonymousUser) -> Figure:
    count = count_open_reports(user)  # type: ignore[arg-type]
    label = ngettext("open report", "open reports", count)
    note = _("Waiting for an admin’s decision") if count else _("Nothing to review")
    url = reverse("admin:messaging_report_changelist") + "?state__exact=open"
    return Figure(label.capitalize(), number_format(count, force_grouping=True), note, url, is_urgent=bool(count))


def _people_online() -> Figure:
    sums = Connection.objects.live().aggregate(people=Count("user", distinct=True), connections=Count("pk"))
    connections = ngettext("%(n)s connection", "%(n)s connections", sums["connections"])
    note = connections % {"n": number_format(sums["connections"], force_grouping=True)}
    people = number_format(sums["people"], force_grouping=True)
    return Figure(_("People online"), people, note, reverse("accounts:active_users"))


def _active_today() -> Figure:
    """Count the people who were online today, or still are."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    people = User.objects.filter(deleted_at=None)
    seen = people.filter(last_seen_at__gte=today).values("pk")
    online = people.filter(pk__in=Connection.objects.live().values("user")).values("pk")
    count = seen.union(online)[: MOST + 1].count()
    note = _("of %(n)s people") % {"n": _at_most(people[: MOST + 1].count())}
    return Figure(_("Active today"), _at_most(count), note, reverse("admin:accounts_user_changelist") + "?o=-6")


def _storage() -> Figure:
    used, limit = StorageChange.objects.total(), settings.CHAT_ALL_FILES
    if limit:
        note = _("of %(size)s for files") % {"size": format_size(limit)}
        return Figure(_("Storage used"), format_size(used), note, is_urgent=used > 0.9 * limit)
    settings.UPLOAD_ROOT.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.UPLOAD_ROOT).free
    note = _("by files; %(size)s free on the disk") % {"size": format_size(free)}
    return Figure(_("Storage used"), format_size(used), note, is_urgent=free < 2 * settings.CHAT_FREE)


def _email() -> Figure:
    if not can_send_email():
        note = _("No one gets emails, not even to reset a password. Set EMAIL_URL on the server.")
        return Figure(_("Email"), _("Not set up"), note, is_urgent=True)
    late = QueuedEmail.objects.filter(attempts__gt=1)[: MOST + 1].count()
    if late:
        text = ngettext("%(n)s email couldn’t be sent yet.", "%(n)s emails couldn’t be sent yet.", late)
        return Figure(_("Email"), _("Delayed"), text % {"n": _at_most(late)}, is_urgent=True)
    return Figure(_("Email"), _("Working"), _("No email is waiting"))


def _at_most(count: int) -> str:
    return number_format(min(count, MOST), force_grouping=True) + ("+" if count > MOST else "")
