"""Message search, as JSON and as a page."""

from itertools import groupby
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from live.rate_limit import TokenBuckets
from messaging.history.events import serialize_for
from messaging.search.backfill import progress
from messaging.search.completion import complete
from messaging.search.description import describe
from messaging.search.find import Found, search
from messaging.search.query import MAX_LENGTH, parse
from messaging.web.results import Result, make_results
from rooms.errors import Invalid, LimitReached, Refusal
from rooms.responses import action_view
from rooms.serializers import serialize_person, serialize_room_labels

ORDERS = ("newest", "best")
RATE, BURST = 5, 30  # per user and process, since the page searches after each pause in typing


_limits = TokenBuckets(RATE, BURST)
_completion_limits = TokenBuckets(RATE, BURST)
_lock = Lock()  # views run in several threads


@action_view("GET")
def search_messages(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return a page of messages as JSON: ?q=QUERY&order=newest|best&before=ID, where ID is `next` of the last page."""
    text, order, before = _parameters(request)
    found, is_cut = _search(request, text, order, before)
    return JsonResponse({"query": text, "order": order, "is_cut": is_cut, **_serialize(request, found)})


@action_view("GET")
def search_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Render the page with the same parameters. Without a query, it explains how to search."""
    context: dict[str, Any] = {"query": request.GET.get("q", ""), "order": request.GET.get("order", ORDERS[0])}
    try:
        text, order, before = _parameters(request)
        if text.strip():
            found, is_cut = _search(request, text, order, before)
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
    _check_rate(request, _completion_limits)
    text = request.GET.get("q", "")
    if len(text) > MAX_LENGTH:
        raise Invalid(_("Use at most %(most)d characters.") % {"most": MAX_LENGTH}, field="q")
    start, found = complete(request.user, text)
    serialized = [each._asdict() | {"person": serialize_person(each.person) if each.person else None} for each in found]
    return JsonResponse({"start": start, "completions": serialized})


def _check_rate(request: AuthenticatedHttpRequest, limits: TokenBuckets) -> None:
    with _lock:
        wait = limits.take(request.user.pk)
    if wait:
        raise LimitReached(_("You’re searching too fast. Wait a moment and try again."), retry_after=wait)


def _search(request: AuthenticatedHttpRequest, text: str, order: str, before: int | None) -> tuple[Found, bool]:
    """Return what is found, and whether a part of the query was ignored. Raises LimitReached."""
    _check_rate(request, _limits)
    today = timezone.localdate()
    query = parse(text, today=today)
    zone = timezone.get_current_timezone()
    found = search(request.user, query, zone=zone, today=today, before=before, best=order == "best")
    return found, query.is_cut


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


def _serialize(request: AuthenticatedHttpRequest, found: Found) -> dict[str, object]:
    messages = serialize_for(request.user, *found.messages)
    for message, highlights in zip(messages, found.highlights, strict=True):
        message["highlights"] = highlights
    indexing = progress()
    return {
        "understood": found.understood,
        "messages": messages,
        "rooms": serialize_room_labels(request.user, {message.room_id for message in found.messages}),
        "next": found.next,
        "indexing": indexing and indexing._asdict(),
    }
