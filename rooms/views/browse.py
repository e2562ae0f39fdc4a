"""Views for browsing, creating, joining and leaving rooms."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from rooms import actions
from rooms.additions import add_members
from rooms.conversations import open_conversation
from rooms.errors import Refusal
from rooms.forms import CreateRoomForm, NewMessageForm
from rooms.permissions import get_room_or_404
from rooms.queries import bans_of, browsable
from rooms.responses import action_view, is_program, respond
from rooms.search_limit import SearchLimit
from rooms.serializers import serialize_room_for, serialize_room_with

PAGE = 50
MATCHES = 10
FILTERS = {"": gettext_lazy("All"), "joined": gettext_lazy("My rooms"), "archived": gettext_lazy("Archived")}

_limit = SearchLimit()


@action_view("GET")
def room_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List rooms. Programs get the first ones that match `q`, and that the user hasn't joined, as JSON."""
    query = request.GET.get("q", "").strip()[:80]
    if is_program(request):
        _limit.check(request.user)
        found = browsable(request.user, query=query).exclude(memberships__user=request.user)[:MATCHES]
        return JsonResponse({"rooms": [serialize_room_with(request.user, room, None) for room in found]})
    show = request.GET.get("show", "")
    show = show if show in FILTERS else ""
    page = Paginator(browsable(request.user, query=query, show=show), PAGE).get_page(request.GET.get("page"))
    bans = () if show else bans_of(request.user)[:PAGE]
    context = {"page": page, "query": query, "show": show, "filters": FILTERS, "bans": bans}
    return render(request, "rooms/list.html", context)


@action_view("GET", "POST")
def create(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = CreateRoomForm(request.POST if request.method == "POST" else None, viewer=request.user)
    if form.is_valid():
        people = form.cleaned_data.pop("people")
        try:
            room = actions.create_room(owner=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal, field="name")
        else:
            for reason in add_members(actor=request.user, room=room, people=people).describe_others():
                messages.warning(request, reason)
            return redirect(room)
    return render(request, "rooms/create.html", {"form": form})


@action_view("GET", "POST")
def new_message(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Choose people, and open the conversation with them: a direct room with one, a group with several."""
    form = NewMessageForm(request.POST if request.method == "POST" else None, viewer=request.user)
    try:
        if form.is_valid():
            room = open_conversation(user=request.user, others=form.cleaned_data["user"])
            return respond(request, room, room=serialize_room_for(request.user, room))
        if form.is_bound and is_program(request):
            raise form.refusal()
    except Refusal as refusal:
        if is_program(request):
            raise
        form.refuse(refusal, field="user")
    return render(request, "rooms/new_message.html", {"form": form})


@action_view("POST", "DELETE")
def membership(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST joins, DELETE leaves."""
    room = get_room_or_404(request.user, pk)
    if request.method == "POST":
        actions.join_room(user=request.user, room=room)
        room.refresh_from_db()
        return respond(request, room, room=serialize_room_for(request.user, room))
    actions.leave_room(user=request.user, room=room)
    return respond(request, "rooms:list", message=_("You left %(room)s.") % {"room": room.name})


@action_view("POST")
def direct(request: AuthenticatedHttpRequest, user_pk: int) -> HttpResponse:
    """Open the direct room with a user, and create it on first use."""
    other = get_object_or_404(User, pk=user_pk)
    room = actions.open_direct_room(user=request.user, other=other)
    return respond(request, room, room=serialize_room_for(request.user, room))
