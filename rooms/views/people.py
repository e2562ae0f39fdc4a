"""Who is in a room: the list, bringing people in, roles, and taking people out."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from rooms import actions
from rooms.errors import Invalid
from rooms.forms import InviteForm
from rooms.models import Membership, Room
from rooms.permissions import get_group_room_or_404, permissions_in
from rooms.queries import members_of, people_to_invite
from rooms.responses import action_view, is_program, respond

PAGE = 50


@action_view("GET", "POST")
def members(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The list; POST brings somebody in, by name."""
    room = get_group_room_or_404(request.user, pk)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        person = form.cleaned_data["user"]
        actions.add_member(actor=request.user, room=room, user=person)
        return respond(request, _list_of(room), said=f"{person.name} was added to {room.name}.", user=person.pk)
    if form.is_bound and is_program(request):
        raise Invalid(f"{form.errors['user'][0]}", field="user")
    return _show(request, room, form)


@action_view("POST", "DELETE")
def member(request: AuthenticatedHttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """POST gives a role, DELETE takes out."""
    room = get_group_room_or_404(request.user, pk)
    person = get_object_or_404(User, pk=user_pk)
    if request.method == "DELETE":
        actions.remove_member(actor=request.user, room=room, user=person)
        to = "rooms:list" if person == request.user else _list_of(room)
        return respond(request, to, said=f"{person.name} was removed from {room.name}.")
    changed = actions.change_role(actor=request.user, room=room, user=person, role=request.POST.get("role", ""))
    said = f"{person.name} is now {changed.get_role_display().lower()} of {room.name}."
    return respond(request, _list_of(room), said=said, role=changed.role)


def _show(request: AuthenticatedHttpRequest, room: Room, form: InviteForm) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:80]
    permissions = permissions_in(room, request.user)
    # Who looks after a room sees everybody in it, also those whom they block.
    members = members_of(room, viewer=request.user, sees_all=permissions.can_moderate, query=query)
    page = Paginator(members, PAGE).get_page(request.GET.get("page"))
    crew = [(membership, permissions.can_remove(membership), permissions.can_ban(membership)) for membership in page]
    shown = {"room": room, "form": form, "page": page, "crew": crew, "query": query, "permissions": permissions}
    if permissions.can_invite:
        shown["suggestions"] = people_to_invite(room, viewer=request.user)
    if permissions.is_owner:
        shown["roles"] = Membership.Role.choices
    return render(request, "rooms/members.html", shown)


def _list_of(room: Room) -> str:
    return reverse("rooms:members", args=[room.pk])
