"""The search of messages."""

from threading import Lock

from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from live.rate_limit import TokenBuckets
from messaging.history.events import serialize_for
from messaging.search.backfill import progress
from messaging.search.find import Found, search
from messaging.search.query import MAX_LENGTH, parse
from rooms.errors import Invalid, LimitReached
from rooms.responses import action_view
from rooms.serializers import serialize_room_labels

ORDERS = ("newest", "best")
RATE, BURST = 5, 30  # per user and process, since the page searches after each pause in typing

_limits = TokenBuckets(RATE, BURST)
_lock = Lock()  # views run in several threads


@action_view("GET")
def search_messages(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return a page of messages as JSON: ?q=QUERY&order=newest|best&before=ID, where ID is `next` of the last page."""
    with _lock:
        wait = _limits.take(request.user.pk)
    if wait:
        raise LimitReached(_("You’re searching too fast. Wait a moment and try again."), retry_after=wait)
    text, order, before = _parameters(request)
    today = timezone.localdate()
    query = parse(text, today=today)
    zone = timezone.get_current_timezone()
    found = search(request.user, query, zone=zone, today=today, before=before, best=order == "best")
    return JsonResponse({"query": text, "order": order, "is_cut": query.is_cut, **_serialize(request, found)})


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
