"""The active-user report, with a row for each open connection and charts of the site's activity."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.audit import Kind
from accounts.models import Connection, User
from accounts.reporting import confirmation
from accounts.reporting.admin_actions import close_connections, describe_suspension, suspend_people
from accounts.reporting.charts import PERIODS, load_chart
from accounts.reporting.connections import (
    COLUMNS,
    ConnectionFilter,
    ConnectionReport,
    annotated,
    load_report,
    processes,
)
from accounts.reporting.exports import as_csv, as_json

PAGE = 100
TITLES = {
    "user": gettext_lazy("Person"),
    "address": gettext_lazy("IP address"),
    "browser": gettext_lazy("Browser"),
    "room": gettext_lazy("Viewing room"),
    "since": gettext_lazy("Online since"),
    "active": gettext_lazy("Last active"),
    "messages": gettext_lazy("Messages"),
    "server": gettext_lazy("Server"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def active_users(request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_perm("accounts.view_connection"):
        raise PermissionDenied
    if request.method == "POST":
        return _act(request)
    filters = ConnectionFilter.from_query(request.GET)
    report = load_report(filters, finds_emails=request.user.has_perm("accounts.view_user"))
    if (file_format := request.GET.get("format")) in ("csv", "json"):
        return _download(file_format, report)
    context = {
        **admin.site.each_context(request),
        "title": _("Active users"),
        "filters": filters,
        "report": report,
        "page": _page(report, request.GET.get("page")),
        "headings": _headings(filters),
        "kinds": Connection.Kind.choices,
        "processes": processes(),
        "chart": load_chart(request.GET.get("period", "")),
        "periods": PERIODS,
        "can_act": request.user.has_perm("accounts.change_user"),
    }
    return render(request, "admin/reports/active_users.html", context)


def _download(file_format: str, report: ConnectionReport) -> HttpResponseBase:
    audit.record(Kind.EXPORTED, target="active users", format=file_format, rows=report.count)
    name = f"active-users-{timezone.now():%Y%m%d-%H%M%S}"
    if file_format == "csv":
        return as_csv(name, COLUMNS, report.rows())
    return as_json(name, report.as_data())


def _page(report: ConnectionReport, number: str | None) -> "Page[Connection]":
    paginator = Paginator(report.matching, PAGE)
    paginator.count = report.count  # saves a query
    page = paginator.get_page(number)
    page.object_list = annotated(page.object_list, report.rooms)
    return page


def _headings(filters: ConnectionFilter) -> list[dict[str, str | Promise]]:
    """Return the columns with the sort order that a click selects: descending if already sorted ascending."""
    return [
        {
            "title": title,
            "sort": f"-{name}" if filters.sort == name else name,
            "order": {name: "ascending", f"-{name}": "descending"}.get(filters.sort, ""),
        }
        for name, title in TITLES.items()
    ]


def _act(request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_perm("accounts.change_user"):
        raise PermissionDenied
    selected = list(Connection.objects.filter(pk__in=_ids(request.POST.getlist("selected"))).select_related("user"))
    if not selected:
        messages.warning(request, _("Select at least one open connection."))
    elif request.POST.get("action") == "suspend":
        people = _people(selected)
        if not confirmation.is_confirmed(request):
            return _ask_to_suspend(request, selected, people)
        suspend_people(request, people)
    else:
        close_connections(request, selected)
    return redirect(request.get_full_path())


def _ids(texts: Iterable[str]) -> list[UUID]:
    ids = []
    for text in texts:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids[:PAGE]


def _people(connections: Iterable[Connection]) -> list[User]:
    return list({connection.user_id: connection.user for connection in connections}.values())


def _ask_to_suspend(request: HttpRequest, selected: Iterable[Connection], people: list[User]) -> HttpResponseBase:
    return confirmation.ask(
        request,
        title=ngettext("Suspend this person?", "Suspend these people?", len(people)),
        effects=describe_suspension(people),
        button=_("Suspend"),
        cancel_url=request.get_full_path(),
        fields=[("action", "suspend"), *(("selected", str(each.pk)) for each in selected)],
    )
