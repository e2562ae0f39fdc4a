"""Views for a user's own sections of the sidebar."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from rooms.errors import Invalid, Refusal
from rooms.forms import RefusableForm
from rooms.permissions import get_room_or_404
from rooms.responses import action_view, respond
from rooms.rows import read_sections
from rooms.section_forms import CreateSectionForm, MoveToSectionForm
from rooms.sections import (
    create_section,
    delete_section,
    move_to_section,
    remove_from_section,
    rename_section,
    reorder_section,
)
from rooms.serializers import serialize_rooms_for

PAGE = "rooms:sections"


@action_view("GET", "POST")
def sections(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the sections. POST creates one, given a `name`, or moves a `room` to one."""
    own = read_sections([request.user.pk]).get(request.user.pk, [])
    rooms = sorted(serialize_rooms_for(request.user), key=lambda room: room["name"].casefold())
    create = CreateSectionForm(request.POST if "name" in request.POST else None)
    move = MoveToSectionForm(request.POST if "room" in request.POST else None, rooms=rooms, sections=own)
    for form, change in ((create, _create), (move, _move)):
        if form.is_valid() and _is_accepted(form, change, request):
            return redirect(PAGE)
    for section in own:
        section["rooms"] = [room for room in rooms if room["section"] == section["id"]]
    return render(request, "rooms/sections.html", {"sections": own, "create": create, "move": move})


def _is_accepted(form: RefusableForm, change: Any, request: AuthenticatedHttpRequest) -> bool:
    try:
        change(request, **form.cleaned_data)
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True


def _create(request: AuthenticatedHttpRequest, *, name: str) -> None:
    create_section(user=request.user, name=name)


def _move(request: AuthenticatedHttpRequest, *, room: int, section: int | None) -> None:
    moved = get_room_or_404(request.user, room)
    if section is None:
        remove_from_section(user=request.user, room=moved)
    else:
        move_to_section(user=request.user, room=moved, section_id=section)


@action_view("POST", "DELETE")
def room_section(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST moves the room to the section with this id (`section`) or `name`. DELETE removes it from its section."""
    user, room = request.user, get_room_or_404(request.user, pk)
    if request.method == "DELETE":
        remove_from_section(user=user, room=room)
        return respond(request, room, section=None)
    text, name = request.POST.get("section"), request.POST.get("name", "")
    section_id = parse_number(text) if text is not None else None
    if text is not None and section_id is None:
        raise Invalid(_("Enter the section’s number."), field="section")
    moved_to = move_to_section(user=user, room=room, section_id=section_id, name=name)
    return respond(request, room, section=moved_to.pk, name=moved_to.name)


@action_view("POST", "DELETE")
def own_section(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST renames one of the user's sections, DELETE deletes it."""
    if request.method == "DELETE":
        delete_section(user=request.user, section_id=pk)
        return respond(request, PAGE, message=_("Section deleted"), section=None)
    renamed = rename_section(user=request.user, section_id=pk, name=request.POST.get("name", ""))
    return respond(request, PAGE, message=_("Section renamed"), section=renamed.pk, name=renamed.name)


@action_view("POST")
def position(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Move a section to the `position` among the user's sections, counted from 1."""
    wanted = parse_number(request.POST.get("position", ""))
    if wanted is None:
        raise Invalid(_("Enter the position as a number."), field="position")
    section = reorder_section(user=request.user, section_id=pk, position=wanted)
    return respond(request, f"{reverse(PAGE)}#section-{section.pk}", section=section.pk, position=section.position)
