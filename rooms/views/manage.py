"""Views for a room's settings, its archiving and deletion, and its information panel."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from rooms import actions
from rooms.errors import Forbidden, Refusal
from rooms.forms import DeleteRoomForm, PostingForm, RoomSettingsForm
from rooms.models import Room
from rooms.moderation import limit_posting
from rooms.permissions import get_named_room_or_404, get_room_or_404, permissions_in, require_owner
from rooms.queries import presence_in, shared_rooms
from rooms.responses import action_view, respond
from rooms.serializers import others_in, peer_of, people_in, serialize_room_for, title_of
from rooms.signals import room_info_requested

SHARED_ROOMS = 20


@action_view("GET", "POST")
def settings(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = get_named_room_or_404(request.user, pk)
    form = RoomSettingsForm(request.POST if request.method == "POST" else None, room=room)
    if form.is_valid():
        try:
            actions.update_room(actor=request.user, room=room, **form.cleaned_data)
        except Forbidden:
            raise
        except Refusal as refusal:
            form.refuse(refusal, field="name")
        else:
            messages.success(request, _("Saved."))
            return redirect("rooms:settings", room.pk)
    permissions = permissions_in(room, request.user)
    context = {"room": room, "form": form, "posting": PostingForm(room=room), "permissions": permissions}
    return render(request, "rooms/settings.html", context)


@action_view("POST")
def posting(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Set slow mode, and whether members can post at all."""
    room = get_named_room_or_404(request.user, pk)
    form = PostingForm(request.POST, room=room)
    if not form.is_valid():
        raise form.refusal()
    room = limit_posting(actor=request.user, room=room, **form.cleaned_data)
    return _respond(request, room, _("Saved."))


@action_view("POST", "DELETE")
def archive(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST archives, DELETE unarchives."""
    room = get_room_or_404(request.user, pk)
    if request.method == "POST":
        room = actions.archive_room(actor=request.user, room=room)
        return _respond(request, room, _("%(room)s has been archived. It’s now read-only.") % {"room": room.name})
    room = actions.unarchive_room(actor=request.user, room=room)
    return _respond(request, room, _("%(room)s has been unarchived.") % {"room": room.name})


@action_view("GET", "POST")
def delete(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = get_named_room_or_404(request.user, pk)
    require_owner(request.user, room)
    form = DeleteRoomForm(request.POST if request.method == "POST" else None, room=room)
    if form.is_valid():
        actions.delete_room(actor=request.user, room=room)
        messages.success(request, _("%(room)s was deleted.") % {"room": room.name})
        return redirect("rooms:list")
    return render(request, "rooms/delete.html", {"form": form, "room": room, "members": room.memberships.count()})


@action_view("GET")
def info(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Render the information panel as a fragment. The chat page adds ?connected if its socket is open."""
    room = get_room_or_404(request.user, pk)
    context: dict[str, Any] = {"room": room, "permissions": permissions_in(room, request.user)}
    if peer := peer_of(request.user, room):
        context |= {"peer": peer, "shared_rooms": shared_rooms(request.user, peer)[:SHARED_ROOMS]}
    else:
        context["presence"] = presence_in(room, viewer=request.user, is_connected="connected" in request.GET)
    if room.is_group:
        context["title"] = title_of(others_in(people_in(room), request.user.pk, request.user.blocked_ids))
    if not room.is_conversation and room.created_by_id and room.created_by_id not in request.user.blocked_ids:
        context["creator"] = User.objects.filter(pk=room.created_by_id).first()
    responses: Any = room_info_requested.send(Room, room=room, viewer=request.user)
    for _receiver, counts in responses:
        context |= counts
    return render(request, "rooms/_room_info.html", context)


def _respond(request: AuthenticatedHttpRequest, room: Room, message: str) -> HttpResponse:
    to = reverse("rooms:settings", args=[room.pk])
    return respond(request, to, message=message, room=serialize_room_for(request.user, room))
