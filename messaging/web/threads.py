"""Views of threads: the page of one, its messages as JSON, and the number of replies to messages."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from messaging.attachments.serializers import attachments_of
from messaging.history import events, journal
from messaging.history.followed_threads import is_followed_by
from messaging.history.saved import saved_among
from messaging.history.threads import ThreadPage, read_thread, summarize_threads, thread_of
from messaging.models import MessageRow
from rooms.errors import Invalid, NotFound
from rooms.models import Room
from rooms.permissions import get_room_or_404, permissions_in
from rooms.queries import count_members
from rooms.responses import action_view
from rooms.serializers import serialize_room_labels

JSON = dict[str, Any]
MAX_MARKS = 1_000  # ids in one request


@action_view("GET")
def thread_page(request: AuthenticatedHttpRequest, pk: int, root: int) -> HttpResponse:
    """Show a message and the newest replies to it, or those before number ?before=SEQ."""
    room = get_room_or_404(request.user, pk)
    floor = journal.floor_of(request.user, room.pk)
    if thread := thread_of(room.pk, root, viewer=request.user, floor=floor):
        return redirect("messaging:thread", room.pk, thread)
    page = _read(request, room, root, floor)
    context = {
        "page": page,
        "entries": [(message, attachments_of(message)) for message in _messages(page)],
        "room": serialize_room_labels(request.user, [room.pk])[room.pk],
        "thread": root,
        "is_member": permissions_in(room, request.user).is_member,
        "is_followed": is_followed_by(request.user, root),
    }
    return render(request, "messaging/thread.html", context)


@action_view("GET")
def thread_messages(request: AuthenticatedHttpRequest, pk: int, root: int) -> JsonResponse:
    """Return a message and the newest 100 replies to it, or those before number ?before=SEQ."""
    user, room = request.user, get_room_or_404(request.user, pk)
    floor = journal.floor_of(user, room.pk)
    page = _read(request, room, root, floor)
    permissions = permissions_in(room, user)
    messages = _messages(page)
    return JsonResponse(
        {
            "messages": events.serialize_for(user, *messages),
            "saved": saved_among(user, [message.pk for message in messages]),
            "threads": summarize_threads(user, room.pk, [root], floor=floor),
            "has_older": page.has_older,
            "members": count_members(room.pk, viewer=user),
            "is_member": permissions.is_member,
            "can_post": permissions.can_post,
            "can_moderate": permissions.can_moderate,
            "can_pin": permissions.can_pin,
        }
    )


@action_view("GET")
def thread_marks(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Return the number of replies to each of ?messages=ID,ID,…, for pages that were offline."""
    room = get_room_or_404(request.user, pk)
    ids = [parse_number(text) for text in request.GET.get("messages", "").split(",")]
    known = [each for each in ids if each is not None]
    if len(known) < len(ids) or len(known) > MAX_MARKS:
        text = _("Give up to %(most)d ids of messages, separated by commas.") % {"most": MAX_MARKS}
        raise Invalid(text, field="messages")
    floor = journal.floor_of(request.user, room.pk)
    seen = journal.among(room.pk, known, viewer=request.user, floor=floor)
    return JsonResponse({"threads": summarize_threads(request.user, room.pk, seen, floor=floor)})


def _read(request: AuthenticatedHttpRequest, room: Room, root: int, floor: int) -> ThreadPage:
    text = request.GET.get("before", "")
    before = parse_number(text)
    if text and before is None:
        raise Invalid(_("Give a message number."), field="before")
    page = read_thread(room.pk, root, viewer=request.user, floor=floor, before=before)
    if page is None:
        raise Http404(NotFound().detail)
    return page


def _messages(page: ThreadPage) -> list[MessageRow]:
    return [page.root, *page.replies] if page.root else page.replies
