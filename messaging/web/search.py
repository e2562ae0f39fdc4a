"""Message search, as JSON and as a page."""

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from live.rate_limit import TokenBuckets
from messaging.search.backfill import progress
from messaging.search.completion import complete
from messaging.search.description import describe
from messaging.search.find import Found
from messaging.search.query import MAX_LENGTH
from messaging.web.found import BURST, RATE, check_rate, run_search, search_as_json
from messaging.web.results import Result, make_results
from rooms.errors import Invalid, Refusal
from rooms.responses import action_view
from rooms.serializers import serialize_person

ORDERS = ("newest", "best")

_completion_limits = TokenBuckets(RATE, BURST)


@action_view("GET")
def search_messages(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return a page of messages as JSON: ?q=QUERY&order=newest|best&before=ID, where ID is `next` of the last page."""
    text, order, before = _parameters(request)
    return JsonResponse(search_as_json(request.user, text, order=order, before=before))


@action_view("GET")
def search_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Render the page with the same parameters. Without a query, it explains how to search."""
    context: dict[str, Any] = {"query": request.GET.get("q", ""), "order": request.GET.get("order", ORDERS[0])}
    try:
        text, order, before = _parameters(request)
        if text.strip():
            found, is_cut = run_search(request.user, text, order=order, before=before)
            understood = [describe(term) for term in found.understood]
            context |= {"found": found, "is_cut": is_cut, "indexing": progress(), "understood": understood}
            context |= {
                "days": _days(request, found, is_grouped=order == ORDERS[0]),
                "is_continued": before is not None,
            }
            if found.next is not None:
                context["more"] = "?" + urlencode({"q": text, "order": order, "before": found.next})
    except Refusal as refusal:
        context["error"] = refusal.message
    return render(request, "messaging/search.html", context)


@action_view("GET")
def completions(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return how ?q=TEXT, a search up to the caret, can be completed: {start, completions}."""
    check_rate(request.user, _completion_limits)
    text = request.GET.get("q", "")
    if len(text) > MAX_LENGTH:
        raise Invalid(_("Use at most %(most)d characters.") % {"most": MAX_LENGTH}, field="q")
    start, found = complete(request.user, text)
    serialized = [each._asdict() | {"person": serialize_person(each.person) if each.person else None} for each in found]
    return JsonResponse({"start": start, "completions": serialized})


def _days(request: AuthenticatedHttpRequest, found: Found, *, is_grouped: bool) -> list[list[Result]]:
    """Return the results in one group for each day or, if not `is_grouped`, in a single one."""
    results = make_results(request.user, found.messages, found.highlights)
    days = groupby(results, key=lambda result: is_grouped and timezone.localdate(result.message.created_at))
    return [list(group) for _day, group in days]


def _parameters(request: AuthenticatedHttpRequest) -> tuple[str, str, int | None]:
    """Return the query, the order and the id. Raises Invalid."""
    text, order, before = (request.GET.get(name, "") for name in ("q", "order", "before"))
    if len(text) > MAX_LENGTH:
        raise Invalid(_("Use at most %(most)d characters.") % {"most": MAX_LENGTH}, field="q")
    if order and order not in ORDERS:
        raise Invalid(_("Choose one of %(orders)s.") % {"orders": ", ".join(ORDERS)}, field="order")
    if before and parse_number(before) is None:
        raise Invalid(_("Give the value of next from the previous page."), field="before")
    return text, order or ORDERS[0], parse_number(before)
