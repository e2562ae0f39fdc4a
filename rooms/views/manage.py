"""Running a room: its name and topic, the archive, the end of it, and the panel that tells about it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from rooms import actions
from rooms.errors import Forbidden, Invalid, Refusal
from rooms.forms import DeleteRoomForm, PostingForm, RoomSettingsForm
from rooms.models import Room
from rooms.moderation import limit_posting
from rooms.permissions import get_group_room_or_404, get_room_or_404, permissions_in, require_owner
from rooms.queries import presence_in
from rooms.responses import action_view, respond
from rooms.serializers import peer_of, serialize_room_for
from rooms.signals import room_info_requested


@action_view("GET", "POST")
def settings(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = get_group_room_or_404(request.user, pk)
    form = RoomSettingsForm(request.POST if request.method == "POST" else None, room=room)
    if form.is_valid():
        try:
            actions.update_room(actor=request.user, room=room, **form.cleaned_data)
        except Forbidden:
            raise
        except Refusal as refusal:
            form.refuse(refusal, field="name")
        else:
            messages.success(request, "Saved.")
            return redirect("rooms:settings", room.pk)
    shown = {
        "room": room,
        "form": form,
        "permissions": permissions_in(room, request.user),
        "posting": PostingForm(room=room),
    }
    return render(request, "rooms/settings.html", shown)


@action_view("POST")
def posting(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """How often members write, if at all."""
    room = get_group_room_or_404(request.user, pk)
    form = PostingForm(request.POST, room=room)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Invalid(str(errors[0]), field=field)
    room = limit_posting(actor=request.user, room=room, **form.cleaned_data)
    to = reverse("rooms:settings", args=[room.pk])
    return respond(request, to, said="Saved.", room=serialize_room_for(request.user, room))


@action_view("POST", "DELETE")
def archive(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST archives, DELETE opens again."""
    room = get_room_or_404(request.user, pk)
    change = actions.archive_room if request.method == "POST" else actions.open_room
    room = change(actor=request.user, room=room)
    said = "has been archived. It’s now read-only." if room.is_archived else "has been unarchived."
    to = reverse("rooms:settings", args=[room.pk])
    return respond(request, to, said=f"{room.name} {said}", room=serialize_room_for(request.user, room))


@action_view("GET", "POST")
def delete(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = get_group_room_or_404(request.user, pk)
    require_owner(request.user, room)
    form = DeleteRoomForm(request.POST if request.method == "POST" else None, room=room)
    if form.is_valid():
        actions.delete_room(actor=request.user, room=room)
        messages.success(request, f"{room.name} was deleted.")
        return redirect("rooms:list")
    return render(request, "rooms/delete.html", {"form": form, "room": room, "members": room.memberships.count()})


@action_view("GET")
def facts(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The information panel, as a fragment for the chat page."""
    room = get_room_or_404(request.user, pk)
    shown = {
        "room": room,
        "presence": presence_in(room, viewer=request.user),
        "permissions": permissions_in(room, request.user),
    }
    if room.is_direct:
        shown["peer"] = peer_of(request.user, room)
    elif room.created_by_id and room.created_by_id not in request.user.blocked_ids:
        shown["maker"] = User.objects.get(pk=room.created_by_id)
    responses: Any = room_info_requested.send(Room, room=room, viewer=request.user)
    for _, counts in responses:
        shown |= counts
    return render(request, "rooms/_room_info.html", shown)
