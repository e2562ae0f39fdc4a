"""The view that makes a group conversation a private room."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.http import AuthenticatedHttpRequest
from rooms.conversations import make_private_room
from rooms.errors import Refusal
from rooms.forms import PrivateRoomForm
from rooms.permissions import get_room_or_404
from rooms.responses import action_view, is_program, respond
from rooms.serializers import others_in, people_in, serialize_room_for, title_of


@action_view("GET", "POST")
def conversion(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Ask for a name, and make a group conversation a private room with its history."""
    user, room = request.user, get_room_or_404(request.user, pk)
    if not room.is_group:
        raise Http404
    form = PrivateRoomForm(request.POST if request.method == "POST" else None)
    try:
        if form.is_valid():
            room = make_private_room(actor=user, room=room, name=form.cleaned_data["name"])
            return respond(request, room, room=serialize_room_for(user, room))
        if form.is_bound and is_program(request):
            raise form.refusal()
    except Refusal as refusal:
        if is_program(request):
            raise
        form.refuse(refusal, field="name")
    title = title_of(others_in(people_in(room), user.pk, user.blocked_ids))
    return render(request, "rooms/make_private.html", {"form": form, "room": room, "title": title})
