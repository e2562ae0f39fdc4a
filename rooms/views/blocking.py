"""Views for blocking and muting users, for muting rooms, and for the privacy settings."""

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.models.relations import Block, Mute
from rooms import blocking
from rooms.forms import BlockForm, MuteForm
from rooms.models import Room
from rooms.permissions import get_room_or_404
from rooms.responses import action_view, respond

PRIVACY = "rooms:privacy"


@action_view("GET", "POST")
def privacy(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List blocked and muted users and muted rooms. POST blocks or mutes a user by name, or sets direct messages."""
    me = request.user
    form = BlockForm(request.POST if "user" in request.POST else None, viewer=me)
    mute_form = MuteForm(request.POST if "muted" in request.POST else None, viewer=me)
    if form.is_valid():
        return block(request, form.cleaned_data["user"].username)
    if mute_form.is_valid():
        return mute(request, mute_form.cleaned_data["muted"].username)
    if request.method == "POST" and not form.is_bound and not mute_form.is_bound:
        blocking.allow_direct_messages(user=me, allowed=request.POST.get("allows_direct_messages") == "on")
        return respond(request, PRIVACY, message=_("Saved."))
    context = {
        "form": form,
        "mute_form": mute_form,
        "blocked": _people(Block.objects.filter(blocker=me, blocked=OuterRef("pk"))),
        "muted": _people(Mute.objects.filter(user=me, muted=OuterRef("pk"))),
        "rooms": Room.objects.filter(memberships__user=me, memberships__is_muted=True).order_by("name_key"),
    }
    return render(request, "rooms/blocked_and_muted.html", context)


@action_view("POST", "DELETE")
def block(request: AuthenticatedHttpRequest, username: str) -> HttpResponse:
    """POST blocks, DELETE unblocks."""
    other, is_blocking = _get_user_or_404(username), request.method == "POST"
    (blocking.block_person if is_blocking else blocking.unblock_person)(user=request.user, other=other)
    message = _("You’ve blocked %(name)s.") if is_blocking else _("You’ve unblocked %(name)s.")
    return respond(request, PRIVACY, message=message % {"name": other.name}, name=other.name)


@action_view("POST", "DELETE")
def mute(request: AuthenticatedHttpRequest, username: str) -> HttpResponse:
    """POST mutes, DELETE unmutes."""
    other, is_muting = _get_user_or_404(username), request.method == "POST"
    blocking.mute_person(user=request.user, other=other, muted=is_muting)
    message = _("You’ve muted %(name)s.") if is_muting else _("You’ve unmuted %(name)s.")
    return respond(request, PRIVACY, message=message % {"name": other.name}, name=other.name)


@action_view("POST", "DELETE")
def mute_room(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST mutes, DELETE unmutes."""
    room, is_muting = get_room_or_404(request.user, pk), request.method == "POST"
    blocking.mute_room(user=request.user, room=room, muted=is_muting)
    return respond(request, PRIVACY, message=_("Room muted.") if is_muting else _("Room unmuted."))


def _get_user_or_404(username: str) -> User:
    return get_object_or_404(User, username_key=usernames.key(username), is_active=True)


def _people(relations: QuerySet) -> "QuerySet[User]":
    return User.objects.filter(Exists(relations)).order_by("username_key")
