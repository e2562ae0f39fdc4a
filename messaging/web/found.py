"""Runs searches for the views and the API, and serializes what they find."""

from threading import Lock

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from live.rate_limit import TokenBuckets
from messaging.history.events import serialize_for
from messaging.search.backfill import progress
from messaging.search.find import Found, search
from messaging.search.query import parse
from rooms.errors import LimitReached
from rooms.serializers import serialize_room_labels

RATE, BURST = 5, 30  # per user and process, since the page searches after each pause in typing

_limits = TokenBuckets(RATE, BURST)
_lock = Lock()  # views run in several threads


def run_search(user: User, text: str, *, order: str, before: int | None) -> tuple[Found, bool]:
    """Return what is found, and whether a part of the query was ignored. Raises LimitReached."""
    check_rate(user, _limits)
    today = timezone.localdate()
    query = parse(text, today=today)
    zone = timezone.get_current_timezone()
    return search(user, query, zone=zone, today=today, before=before, best=order == "best"), query.is_cut


def check_rate(user: User, limits: TokenBuckets) -> None:
    with _lock:
        wait = limits.take(user.pk)
    if wait:
        raise LimitReached(_("You’re searching too fast. Wait a moment and try again."), retry_after=wait)


def search_as_json(user: User, text: str, *, order: str, before: int | None) -> dict[str, object]:
    """Return a page of results as described in docs/protocol.md. Raises LimitReached."""
    found, is_cut = run_search(user, text, order=order, before=before)
    messages = serialize_for(user, *found.messages)
    for message, highlights in zip(messages, found.highlights, strict=True):
        message["highlights"] = highlights
    indexing = progress()
    return {
        "query": text,
        "order": order,
        "is_cut": is_cut,
        "understood": found.understood,
        "messages": messages,
        "rooms": serialize_room_labels(user, {message.room_id for message in found.messages}),
        "next": found.next,
        "indexing": indexing and indexing._asdict(),
    }
