"""Views for the chat page, which is a shell with the initial data."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest, parse_number
from accounts.models import site_name
from accounts.profile.notices import take_notices
from messaging.history.conversation import JSON, serialize_conversation, serialize_joined_conversation
from messaging.history.scheduled import scheduled_of
from messaging.notifications.preferences import page_settings_of
from messaging.runtime.welcome import limits
from messaging.web.first_steps import has_first_steps
from messaging.web.shell import render_chat
from rooms.models import Room
from rooms.permissions import get_room_or_404
from rooms.room_list import mark_seen
from rooms.rows import read_sections
from rooms.serializers import JoinedRoom, joined_rooms, serialize_own_profile

LAST_ROOM = "last_room"
CONNECTIONS = {"ws": "/ws/", "stream": "/api/v1/stream"}
URL_NAMES = {"session": "accounts:session", "login": "account_login", "status": "accounts:status"}


@login_required
@require_GET
def home(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Redirect to the most recently opened room or, if there is none, to the most recently active one."""
    rooms = Room.objects.joined_by(request.user)
    room = rooms.filter(pk=_last_room(request)).first() or rooms.active().named().by_activity().first()
    if room is not None:
        return redirect(room)
    return _chat(request, joined_rooms(request.user), None)


@login_required
@require_GET
def room_page(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return _room(request, pk)


@login_required
@require_GET
def permalink(request: AuthenticatedHttpRequest, pk: int, seq: int) -> HttpResponse:
    """Show a room with one message in view."""
    return _room(request, pk, around=seq)


def remember_room(response: HttpResponse, pk: int) -> None:
    """Make `home` redirect to this room."""
    response.set_cookie(
        LAST_ROOM,
        str(pk),
        max_age=settings.SESSION_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _room(request: AuthenticatedHttpRequest, pk: int, around: int | None = None) -> HttpResponse:
    user = request.user
    rooms = joined_rooms(user)
    joined = next((each for each in rooms if each.room.pk == pk), None)
    if joined is not None:
        if joined.membership.is_new:
            mark_seen(user=user, room_id=pk)
            joined.data["is_new"] = False
        conversation = serialize_joined_conversation(user, joined, around=around)
    else:
        conversation = serialize_conversation(user, get_room_or_404(user, pk), around=around)
    response = _chat(request, rooms, conversation)
    remember_room(response, pk)
    return response


def _last_room(request: AuthenticatedHttpRequest) -> int:
    return parse_number(request.COOKIES.get(LAST_ROOM, "")) or 0


def _chat(request: AuthenticatedHttpRequest, rooms: list[JoinedRoom], conversation: JSON | None) -> HttpResponse:
    user = request.user
    page = {
        "me": serialize_own_profile(user),
        "site": {"name": site_name()},
        "limits": limits(),
        "urls": {
            "ws": "/ws/",
            "stream": "/api/v1/stream",
            **{name: reverse(url_name) for name, url_name in URL_NAMES.items()},
        },
        "rooms": [each.data for each in rooms],
        "sections": read_sections([user.pk]).get(user.pk, []),
        "scheduled": scheduled_of([user.pk]).get(user.pk, []),
        "notifications": page_settings_of([user.pk])[user.pk],
        "blocked": sorted(user.blocked_ids),
        "muted": sorted(user.blocklist.muted),
        "conversation": conversation,
        "has_first_steps": has_first_steps(user),
    }
    for notice in take_notices(user):
        messages.warning(request, notice)
    response = HttpResponse(render_chat(request, user, page))
    response["Cache-Control"] = "no-store"
    return response
