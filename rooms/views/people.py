"""Views for listing, adding and removing a room's members, and for changing their roles."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from rooms import actions
from rooms.additions import Additions, add_members
from rooms.forms import AddPeopleForm
from rooms.models import Membership, Room
from rooms.permissions import get_named_room_or_404, permissions_in
from rooms.queries import members_of
from rooms.removals import undo_url_of
from rooms.responses import action_view, is_program, respond

PAGE = 50


@action_view("GET", "POST")
def members(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """List the members. POST adds people by name."""
    room = get_named_room_or_404(request.user, pk)
    form = AddPeopleForm(request.POST if request.method == "POST" else None, viewer=request.user, room=room)
    if form.is_valid():
        additions = add_members(actor=request.user, room=room, people=form.cleaned_data["user"])
        return _respond_to_additions(request, room, additions)
    if form.is_bound and is_program(request):
        raise form.refusal()
    return _render(request, room, form)


@action_view("POST", "DELETE")
def member(request: AuthenticatedHttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """POST changes the role, DELETE removes the member."""
    room = get_named_room_or_404(request.user, pk)
    person = get_object_or_404(User, pk=user_pk)
    if request.method == "DELETE":
        actions.remove_member(actor=request.user, room=room, user=person)
        to = "rooms:list" if person == request.user else _members_url(room)
        message = _("%(name)s was removed from %(room)s.") % {"name": person.name, "room": room.name}
        return respond(request, to, message=message, undo_url=undo_url_of(request.user, room, person))
    role = actions.change_role(actor=request.user, room=room, user=person, role=request.POST.get("role", "")).role
    message = _role_message(role) % {"name": person.name, "room": room.name}
    return respond(request, _members_url(room), message=message, role=role)


def _respond_to_additions(request: AuthenticatedHttpRequest, room: Room, additions: Additions) -> HttpResponse:
    people = [*additions.added, *additions.present]
    if not people and len(additions.refused) == 1:
        raise additions.refused[0][1]
    for reason in additions.describe_others() if not is_program(request) else ():
        messages.warning(request, reason)
    refused = [{"user": person.pk, **refusal.as_data()} for person, refusal in additions.refused]
    data: dict[str, Any] = {
        "user": people[0].pk if people else None,
        "users": [person.pk for person in people],
        "refused": refused,
    }
    return respond(request, _members_url(room), message=additions.describe_added(room), **data)


def _role_message(role: str) -> str:
    if role == Membership.Role.OWNER:
        return _("%(name)s is now an owner of %(room)s.")
    if role == Membership.Role.MODERATOR:
        return _("%(name)s is now a moderator of %(room)s.")
    return _("%(name)s is now a member of %(room)s.")


def _render(request: AuthenticatedHttpRequest, room: Room, form: AddPeopleForm) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:80]
    permissions = permissions_in(room, request.user)
    # Moderators see all members, including users they block.
    found = members_of(room, viewer=request.user, includes_blocked=permissions.can_moderate, query=query)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    members = [(each, permissions.can_remove(each), permissions.can_ban(each)) for each in page]
    context = {"room": room, "form": form, "page": page, "members": members, "query": query, "permissions": permissions}
    if permissions.is_owner:
        context["roles"] = Membership.Role.choices
    return render(request, "rooms/members.html", context)


def _members_url(room: Room) -> str:
    return reverse("rooms:members", args=[room.pk])
