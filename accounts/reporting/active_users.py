"""The active-user report: who is on the site now, with a row for each connection, and how busy it was."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.audit import Kind
from accounts.models import Connection, User
from accounts.reporting.admin_actions import close_connections, set_active
from accounts.reporting.charts import SPANS, draw
from accounts.reporting.connections import COLUMNS, Roster, Wanted, decorated, look, processes
from accounts.reporting.exports import as_csv, as_json

PAGE = 100
TITLES = {
    "user": "User",
    "address": "Address",
    "port": "Port",
    "browser": "Browser and OS",
    "kind": "Kind",
    "room": "Viewing room",
    "since": "Since",
    "active": "Last active",
    "messages": "Messages",
    "server": "Server process",
}


@require_http_methods(["GET", "HEAD", "POST"])
def active_users(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _act(request)
    wanted = Wanted.asked(request.GET)
    roster = look(wanted)
    if (form := request.GET.get("format")) in ("csv", "json"):
        return _download(form, roster)
    shown = {
        **admin.site.each_context(request),
        "title": "Active users",
        "wanted": wanted,
        "roster": roster,
        "page": _page(roster, request.GET.get("page")),
        "headings": _headings(wanted),
        "kinds": Connection.Kind.choices,
        "processes": processes(),
        "chart": draw(request.GET.get("span", "")),
        "spans": SPANS,
        "may_act": request.user.has_perm("accounts.change_user"),
    }
    return render(request, "admin/reports/active_users.html", shown)


def _download(form: str, roster: Roster) -> HttpResponseBase:
    audit.record(Kind.EXPORTED, target="active users", format=form, rows=roster.count)
    name = f"active-users-{timezone.now():%Y%m%d-%H%M%S}"
    if form == "csv":
        return as_csv(name, COLUMNS, roster.rows())
    return as_json(name, roster.as_data())


def _page(roster: Roster, number: str | None) -> "Page[Connection]":
    paginator = Paginator(roster.found, PAGE)
    paginator.count = roster.count  # known already: one query less
    page = paginator.get_page(number)
    page.object_list = decorated(page.object_list, roster.rooms)
    return page


def _headings(wanted: Wanted) -> list[dict[str, str]]:
    """Each column with the order that a click on it asks for: the other way round where it is in order already."""
    return [
        {
            "title": title,
            "sort": f"-{name}" if wanted.sort == name else name,
            "order": {name: "ascending", f"-{name}": "descending"}.get(wanted.sort, ""),
        }
        for name, title in TITLES.items()
    ]


def _act(request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_perm("accounts.change_user"):
        raise PermissionDenied
    chosen = list(Connection.objects.filter(pk__in=_ids(request.POST.getlist("selected"))).select_related("user"))
    if not chosen:
        messages.warning(request, "Select at least one open connection.")
    elif request.POST.get("action") == "suspend":
        for user in _people(chosen):
            set_active(request, user, False)
    else:
        close_connections(request, chosen)
    return redirect(request.get_full_path())


def _ids(texts: Iterable[str]) -> list[UUID]:
    ids = []
    for text in texts:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids[:PAGE]


def _people(connections: Iterable[Connection]) -> Iterable[User]:
    return {connection.user_id: connection.user for connection in connections}.values()
