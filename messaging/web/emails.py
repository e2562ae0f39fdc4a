"""Views of the links in emails. They need no login, because the link itself authorizes the action.

Opening a link changes nothing, because mail servers do so to look for viruses. The POST carries no CSRF token, because
mail programs send it without having opened the page (RFC 8058).
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging.notifications.content import read_people
from messaging.notifications.emails.actions import find_membership, unsubscribe
from messaging.notifications.emails.composition import room_title
from messaging.notifications.emails.links import (
    InvalidToken,
    read_mute_token,
    read_unsubscribe_token,
    settings_path,
)
from rooms.blocking import mute_room

_form = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
@never_cache
@_form
def unsubscription(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to turn emails of a kind off. POST does so."""
    try:
        user_id, kind = read_unsubscribe_token(token)
        if request.method == "POST":
            unsubscribe(user_id=user_id, kind=kind)
    except InvalidToken:
        return invalid_link(request)
    context = {"kind": kind, "is_done": request.method == "POST", "settings_url": settings_path()}
    return render(request, "messaging/unsubscription.html", context)


@csrf_exempt
@never_cache
@_form
def email_mute(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to mute a room. POST does so."""
    try:
        membership = find_membership(*read_mute_token(token))
    except InvalidToken:
        return invalid_link(request)
    user, room = membership.user, membership.room
    if request.method == "POST":
        mute_room(user=user, room=room)
    people = read_people([room.pk]) if room.is_conversation else {}
    title = room_title(room, people.get(room.pk, ()), user.pk, user.blocklist)
    context = {"room": room, "title": title, "is_done": request.method == "POST"}
    return render(request, "messaging/email_mute.html", context)


def invalid_link(request: HttpRequest) -> HttpResponse:
    return render(request, "messaging/invalid_email_link.html", {"settings_url": settings_path()}, status=404)
