"""The active-user report: who is on the site now, with a row for each connection."""

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import names
from accounts.browsers import describe
from accounts.models import Connection, ConnectionQuerySet

PAGE = 100


def active_users(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:80]
    wanted = _matches(query) if query else Q()
    live = Connection.objects.live()
    sums = live.aggregate(
        people=Count("user", distinct=True), connections=Count("pk"), found=Count("pk", filter=wanted)
    )
    page = _page(live.filter(wanted), sums["found"], request.GET.get("page"))
    shown = {**admin.site.each_context(request), **sums, "title": "Who is here now", "query": query, "page": page}
    return render(request, "admin/reports/active_users.html", shown)


def _page(found: ConnectionQuerySet, count: int, number: str | None) -> "Page[Connection]":
    paginator = Paginator(found.select_related("user", "process").order_by("-last_active_at", "pk"), PAGE)
    paginator.count = count  # known already: one query less
    page = paginator.get_page(number)
    for connection in page:
        connection.browser = describe(connection.user_agent)  # type: ignore[attr-defined]
    return page


def _matches(query: str) -> Q:
    """By name, e-mail, address, browser or server."""
    person = Q(user__username_key__contains=names.key(query)) | Q(user__display_name__icontains=query)
    where = Q(address__startswith=query) | Q(user_agent__icontains=query) | Q(process__host__icontains=query)
    return person | Q(user__email__icontains=query) | where
