"""Filters for the admin's lists."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, User

DAY = timedelta(days=1)


class LookalikeFilter(admin.SimpleListFilter):
    """Finds users whose usernames look like another one, and were chosen before such names were rejected."""

    title = _("look-alike")
    parameter_name = "lookalike"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Username looks like another"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(username_skeleton="") if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", _("Active")), ("suspended", _("Suspended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        is_active = {"active": True, "suspended": False}.get(self.value() or "")
        return queryset if is_active is None else queryset.filter(is_active=is_active)


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("owner", _("Owner")), ("admin", _("Owner or admin")), ("member", _("Member")), ("bot", _("Bot"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        conditions = {
            "owner": Q(is_superuser=True),
            "admin": Q(is_staff=True),
            "member": Q(is_staff=False, is_bot=False),
            "bot": Q(is_bot=True),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class DayFilter(admin.SimpleListFilter):
    """Filters by day. Offers the last 14 days, and accepts any other as `?day=2026-11-21`."""

    title = _("day")
    parameter_name = "day"
    DAYS = 14

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        days = [timezone.localdate() - ago * DAY for ago in range(self.DAYS)]
        return [(day.isoformat(), date_format(day, "MONTH_DAY_FORMAT")) for day in days]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        try:
            day = date.fromisoformat(self.value() or "")
            begin, end = _start_of(day), _start_of(day + DAY)
        except (ValueError, OverflowError):  # not a date, or the last one that Python supports
            return queryset
        return queryset.filter(at__gte=begin, at__lt=end)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min)).astimezone(UTC)
