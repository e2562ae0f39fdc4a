"""Views for moderating a room: bans, and deleting a user's messages."""

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import AuthenticatedHttpRequest
from accounts.lifecycle import durations
from accounts.models import User
from messaging.models import BulkDeletion
from messaging.moderation.bulk_delete import DeletionResult, create_job, delete_messages_of, start_of
from messaging.moderation.forms import BanForm, DeleteMessagesForm
from messaging.moderation.held_deletions import check_number_held
from rooms.forms import BanPersonForm
from rooms.models import UNDO_WINDOW, Room
from rooms.moderation import ban_member, lift_ban
from rooms.permissions import get_named_room_or_404, permissions_in, require_moderator
from rooms.queries import bans_in
from rooms.removals import undo_url_of
from rooms.responses import action_view, is_program, respond

PAGE = 50


@action_view("GET", "POST")
def bans(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """List the room's active bans. POST redirects to the form for banning a person, who need not be a member."""
    room = _moderated_room(request.user, pk)
    form = BanPersonForm(request.POST if request.method == "POST" else None, viewer=request.user, room=room)
    if form.is_valid():
        return redirect("messaging:ban", room.pk, form.cleaned_data["user"].pk)
    page = Paginator(bans_in(room), PAGE).get_page(request.GET.get("page"))
    context = {"room": room, "form": form, "page": page, "permissions": permissions_in(room, request.user)}
    return render(request, "rooms/bans.html", context)


@action_view("GET", "POST", "DELETE")
def ban(request: AuthenticatedHttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """POST bans a user, DELETE lifts the ban."""
    room, person = _moderated_room(request.user, pk), get_object_or_404(User, pk=user_pk)
    if request.method == "DELETE":
        lift_ban(actor=request.user, room=room, user=person)
        return respond(
            request,
            _page_of("messaging:bans", room),
            message=_("%(name)s has been unbanned from %(room)s.") % {"name": person.name, "room": room.name},
        )
    form = BanForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _ban(request, room, person, form)
    if form.is_bound and is_program(request):
        raise form.refusal()
    return render(request, "rooms/ban.html", {"room": room, "person": person, "form": form})


@action_view("GET", "POST")
def member_messages(request: AuthenticatedHttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """Delete a user's messages in the room that were posted during `span`.

    If the form has `held`, as in the pages, the deletion can be undone for a moment.
    """
    room, person = _moderated_room(request.user, pk), get_object_or_404(User, pk=user_pk)
    form = DeleteMessagesForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _delete_messages(request, room, person, form)
    if form.is_bound and is_program(request):
        raise form.refusal()
    return render(request, "rooms/delete_messages.html", {"room": room, "person": person, "form": form})


def _moderated_room(user: User, pk: int) -> Room:
    """Return a room that the user moderates. Raises Http404 for direct messages, which no one moderates."""
    room = get_named_room_or_404(user, pk)
    require_moderator(user, room)
    return room


def _ban(request: AuthenticatedHttpRequest, room: Room, person: User, form: BanForm) -> HttpResponse:
    data, held = form.cleaned_data, None
    if data["delete"] and data["held"]:
        check_number_held(request.user)  # before the ban, so that both are refused
    until = durations.end_time(data["length"])
    ban_member(actor=request.user, room=room, user=person, reason=data["reason"], until=until)
    message = _("%(name)s was banned from %(room)s.") % {"name": person.name, "room": room.name}
    if data["delete"] and data["held"]:
        held = _hold(request.user, room, person, start_of(data["delete"]))
        message += " " + _("Their messages will be deleted in %(seconds)s seconds.") % {"seconds": _seconds()}
    elif data["delete"]:
        result = delete_messages_of(actor=request.user, room=room, user=person, since=start_of(data["delete"]))
        message += f" {_describe(result, person)}"
    undo_url = undo_url_of(request.user, room, person, deletion_id=held.pk if held else None)
    return respond(request, _page_of("messaging:bans", room), message=message, undo_url=undo_url)


def _delete_messages(
    request: AuthenticatedHttpRequest, room: Room, person: User, form: DeleteMessagesForm
) -> HttpResponse:
    to, since = _page_of("rooms:members", room), start_of(form.cleaned_data["span"])
    if not form.cleaned_data["held"]:
        result = delete_messages_of(actor=request.user, room=room, user=person, since=since)
        return respond(request, to, message=_describe(result, person), **result._asdict())
    held = _hold(request.user, room, person, since)
    text = _("The messages from %(name)s will be deleted in %(seconds)s seconds.")
    message, undo_url = (
        text % {"name": person.name, "seconds": _seconds()},
        reverse("messaging:deletion", args=[held.pk]),
    )
    return respond(request, to, message=message, undo_url=undo_url, deletion=held.pk)


def _hold(moderator: User, room: Room, person: User, since: datetime | None) -> BulkDeletion:
    check_number_held(moderator)
    return create_job(actor=moderator, room=room, user=person, since=since, delay=UNDO_WINDOW)


def _seconds() -> str:
    return number_format(int(UNDO_WINDOW.total_seconds()))


def _describe(result: DeletionResult, person: User) -> str:
    """Return a sentence such as 'Deleted 3 messages from Ana.', or that the deletion continues in the background."""
    count = result.remaining or result.deleted
    if result.remaining:
        text = ngettext(
            "Deleting %(count)s message from %(name)s. This can take a few minutes.",
            "Deleting %(count)s messages from %(name)s. This can take a few minutes.",
            count,
        )
    else:
        text = ngettext("Deleted %(count)s message from %(name)s.", "Deleted %(count)s messages from %(name)s.", count)
    return text % {"count": number_format(count, force_grouping=True), "name": person.name}


def _page_of(name: str, room: Room) -> str:
    return reverse(name, args=[room.pk])
