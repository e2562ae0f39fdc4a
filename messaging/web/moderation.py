"""The pages by which a room is kept in order: who is banned, and removing what somebody wrote."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.http import AuthenticatedHttpRequest
from accounts.lifecycle import durations
from accounts.models import User
from messaging.moderation.bulk_delete import begin_of, delete_messages_of
from messaging.moderation.forms import BanForm, DeleteSaidForm
from rooms.errors import Invalid
from rooms.forms import RefusableForm
from rooms.models import Room
from rooms.moderation import ban_member, lift_ban
from rooms.permissions import get_room_or_404, require_moderator
from rooms.queries import bans_in
from rooms.responses import action_view, is_program, respond
from rooms.room_rights import rights_in

PAGE = 50


@action_view("GET")
def bans(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Who is banned from the room."""
    room = _moderated_room(request.user, pk)
    page = Paginator(bans_in(room), PAGE).get_page(request.GET.get("page"))
    return render(request, "rooms/bans.html", {"room": room, "page": page, "rights": rights_in(room, request.user)})


@action_view("GET", "POST", "DELETE")
def ban(request: AuthenticatedHttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """POST bans, DELETE lifts."""
    room, person = _moderated_room(request.user, pk), get_object_or_404(User, pk=user_pk)
    if request.method == "DELETE":
        lift_ban(actor=request.user, room=room, user=person)
        return respond(
            request, _page_of("messaging:bans", room), said=f"{person.name} has been unbanned from {room.name}."
        )
    form = BanForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _ban(request, room, person, form)
    _refuse_program(request, form)
    return render(request, "rooms/ban.html", {"room": room, "person": person, "form": form})


@action_view("GET", "POST")
def said(request: AuthenticatedHttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """What one person said in the room; POST deletes that part of it which `span` names."""
    room, person = _moderated_room(request.user, pk), get_object_or_404(User, pk=user_pk)
    form = DeleteSaidForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        since = begin_of(form.cleaned_data["span"])
        count = delete_messages_of(actor=request.user, room=room, user=person, since=since)
        to = _page_of("rooms:members", room)
        return respond(request, to, said=f"{_counted(count)} from {person.name} deleted.", deleted=count)
    _refuse_program(request, form)
    return render(request, "rooms/delete_messages.html", {"room": room, "person": person, "form": form})


def _moderated_room(user: User, pk: int) -> Room:
    """A direct conversation is nobody's to moderate: to these pages it is not there."""
    room = get_room_or_404(user, pk)
    if room.is_direct:
        raise Http404
    require_moderator(user, room)
    return room


def _ban(request: AuthenticatedHttpRequest, room: Room, person: User, form: BanForm) -> HttpResponse:
    data = form.cleaned_data
    until = durations.end_time(data["length"])
    ban_member(actor=request.user, room=room, user=person, reason=data["reason"], until=until)
    said = f"{person.name} has been banned from {room.name}."
    if data["delete"]:
        count = delete_messages_of(actor=request.user, room=room, user=person, since=begin_of(data["delete"]))
        said += f" {_counted(count)} {_is(count)} deleted."
    return respond(request, _page_of("messaging:bans", room), said=said)


def _refuse_program(request: AuthenticatedHttpRequest, form: RefusableForm) -> None:
    if form.is_bound and is_program(request):
        field, errors = next(iter(form.errors.items()))
        raise Invalid(f"{field}: {errors[0]}")


def _counted(count: int) -> str:
    return "One message" if count == 1 else f"{count:,} messages"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _page_of(name: str, room: Room) -> str:
    return reverse(name, args=[room.pk])
