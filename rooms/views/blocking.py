"""Whom one does not want to see or hear: blocking and muting people, muting rooms."""

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts import usernames
from accounts.http import AuthenticatedHttpRequest
from accounts.models import Block, Mute, User
from rooms import blocking
from rooms.forms import BlockForm
from rooms.models import Room
from rooms.permissions import get_room_or_404
from rooms.queries import people_to_block
from rooms.responses import action_view, respond


@action_view("GET", "POST")
def quiet(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All that a person blocks and mutes. POST blocks by name, or says whether people may write to them directly."""
    me = request.user
    form = BlockForm(request.POST if "user" in request.POST else None)
    if form.is_valid():
        return block(request, form.cleaned_data["user"].username)
    if request.method == "POST" and not form.is_bound:
        blocking.allow_direct_messages(user=me, allowed=request.POST.get("allows_direct_messages") == "on")
        return respond(request, "rooms:quiet", said="Saved.")
    shown = {
        "form": form,
        "suggestions": people_to_block(me),
        "blocked": _people(Block.objects.filter(blocker=me, blocked=OuterRef("pk"))),
        "muted": _people(Mute.objects.filter(user=me, muted=OuterRef("pk"))),
        "rooms": Room.objects.filter(memberships__user=me, memberships__is_muted=True).order_by("name_key"),
    }
    return render(request, "rooms/blocked_and_muted.html", shown)


@action_view("POST", "DELETE")
def block(request: AuthenticatedHttpRequest, username: str) -> HttpResponse:
    """POST blocks, DELETE unblocks."""
    other = _named(username)
    if request.method == "POST":
        blocking.block_person(user=request.user, other=other)
        return respond(request, "rooms:quiet", said=f"You’ve blocked {other.name}.", name=other.name)
    blocking.unblock_person(user=request.user, other=other)
    return respond(request, "rooms:quiet", said=f"You’ve unblocked {other.name}.", name=other.name)


@action_view("POST", "DELETE")
def mute(request: AuthenticatedHttpRequest, username: str) -> HttpResponse:
    """POST mutes, DELETE unmutes."""
    other, muted = _named(username), request.method == "POST"
    blocking.mute_person(user=request.user, other=other, muted=muted)
    said = f"You’ve muted {other.name}." if muted else f"You’ve unmuted {other.name}."
    return respond(request, "rooms:quiet", said=said, name=other.name)


@action_view("POST", "DELETE")
def mute_room(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST mutes, DELETE unmutes."""
    room, muted = get_room_or_404(request.user, pk), request.method == "POST"
    blocking.mute_room(user=request.user, room=room, muted=muted)
    return respond(request, "rooms:quiet", said="Room muted." if muted else "Room unmuted.")


def _named(username: str) -> User:
    return get_object_or_404(User, username_key=usernames.key(username), is_active=True)


def _people(chosen: QuerySet) -> "QuerySet[User]":
    return User.objects.filter(Exists(chosen)).order_by("username_key")
