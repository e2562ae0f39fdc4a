"""The page with the earlier texts of a message."""

from threading import Lock

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from live.rate_limit import TokenBuckets
from messaging.history.revisions import read_versions
from rooms.errors import Invalid, LimitReached, NotFound
from rooms.responses import action_view
from rooms.serializers import serialize_room_labels

RATE, BURST = 2, 20  # per user and process

_limits = TokenBuckets(RATE, BURST)
_lock = Lock()  # views run in several threads


@action_view("GET")
def edit_history(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show a message's newest versions, or those before the revision ?before=ID."""
    before = request.GET.get("before", "")
    if before and parse_number(before) is None:
        raise Invalid(_("Follow the link “Earlier versions” of the previous page."), field="before")
    with _lock:
        wait = _limits.take(request.user.pk)
    if wait:
        raise LimitReached(_("You’re loading versions too fast. Wait a moment and try again."), retry_after=wait)
    try:
        history = read_versions(request.user, pk, before=parse_number(before))
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal
    room = serialize_room_labels(request.user, [history.message.room_id])[history.message.room_id]
    return render(request, "messaging/edit_history.html", {"history": history, "room": room, "is_continued": before})
