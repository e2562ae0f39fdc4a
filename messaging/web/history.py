"""Views that return a room's messages as JSON: pages of history, the place of a date, conversations and pins."""

from datetime import UTC, datetime

from django.http import HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from messaging.history import events, journal
from messaging.history.conversation import serialize_conversation, serialize_page
from messaging.posting import actions
from messaging.web.pages import remember_room
from rooms.errors import Invalid
from rooms.permissions import get_room_or_404
from rooms.responses import action_view

READERS = {"before": journal.before, "after": journal.after, "around": journal.around}


@action_view("GET")
def history(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Return a page of 50 messages: the newest, or those selected by ?before=SEQ, ?after=SEQ or ?around=SEQ."""
    room = get_room_or_404(request.user, pk)
    floor = journal.floor_of(request.user, room.pk)
    named = [name for name in READERS if name in request.GET]
    if len(named) > 1:
        return _bad_request(named[0], _("Give only one of before, after and around."))
    if not named:
        page = journal.latest(room.pk, viewer=request.user, floor=floor)
    elif (seq := parse_number(request.GET[named[0]])) is None:
        return _bad_request(named[0], _("Give a message number."))
    else:
        page = READERS[named[0]](room.pk, seq, viewer=request.user, floor=floor)
    return JsonResponse({**serialize_page(request.user, room.pk, page, floor=floor), "version": room.version})


@action_view("GET")
def first_message(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Return the number of the first message posted at ?since=TIME or later, or null if there is none."""
    room = get_room_or_404(request.user, pk)
    at = _parse_time(request.GET.get("since", ""))
    floor = journal.floor_of(request.user, room.pk)
    return JsonResponse({"seq": journal.first_since(room, at, viewer=request.user, floor=floor)})


@action_view("GET")
def conversation(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Return the data needed to show another room: where the user stopped reading, or ?around=SEQ, or ?latest."""
    room = get_room_or_404(request.user, pk)
    around = parse_number(request.GET.get("around", "0"))
    if around is None:
        raise Invalid(_("Give a message number."), field="around")
    response = JsonResponse(
        serialize_conversation(request.user, room, around=around or None, latest="latest" in request.GET)
    )
    remember_room(response, pk)
    return response


@action_view("GET")
def pins(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Return the room's pinned messages, with the most recently pinned first."""
    room = get_room_or_404(request.user, pk)
    messages = journal.pinned(room.pk, viewer=request.user, floor=journal.floor_of(request.user, room.pk))
    return JsonResponse({"messages": events.serialize_for(request.user, *messages)})


@action_view("DELETE")
def own_history(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Clear the room's history for this user."""
    room = get_room_or_404(request.user, pk)
    return JsonResponse({"cleared_seq": actions.clear_history(user=request.user, room_id=room.pk)})


def _parse_time(text: str) -> datetime:
    """Parse a time with a time zone in RFC 3339 format."""
    try:
        at = parse_datetime(text)
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Invalid(_("Give a time with its time zone, such as 2026-11-29T00:00:00Z."), field="since")


def _bad_request(field: str, message: str) -> JsonResponse:
    return JsonResponse(Invalid(message, field=field).as_data(), status=400)
