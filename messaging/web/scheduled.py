"""Views of scheduled messages: the page with all of them, the forms, and sending one now."""

import uuid
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from messaging.history.events import serialize_scheduled
from messaging.history.scheduled import find_labels, find_quoted, read_scheduled
from messaging.models import ScheduledMessage
from messaging.saved.forms import AT
from messaging.scheduled.actions import (
    change_scheduled,
    delete_scheduled,
    find_scheduled,
    schedule_message,
    send_now,
)
from messaging.scheduled.forms import ChangeForm, ScheduleForm
from messaging.web.change_limit import check_change_limit
from rooms.errors import NotFound, Refusal
from rooms.permissions import get_room_or_404, require_poster
from rooms.responses import action_view, is_program, respond

LIST = "messaging:scheduled"


@action_view("GET")
def scheduled_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the user's scheduled messages."""
    return render(request, "messaging/scheduled.html", {"entries": read_scheduled(request.user)})


@action_view("GET", "POST")
def room_schedule(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show the form for a message to this room. POST schedules it."""
    check_change_limit(request)
    get_room_or_404(request.user, pk)
    require_poster(request.user, pk)
    form = ScheduleForm(request.POST or None, zone=timezone.get_current_timezone())
    if form.is_valid():
        data = form.cleaned_data
        try:
            scheduled = schedule_message(
                user=request.user,
                room_id=pk,
                body=data["body"],
                at=form.time,
                client_id=data["client_id"] or uuid.uuid4(),
                reply_to_id=data["reply_to"],
            )
        except Refusal as refusal:
            _show(request, form, refusal)
        else:
            return _respond(request, scheduled)
    if form.is_bound and is_program(request):
        raise form.refusal()
    return render(request, "messaging/schedule.html", {"form": form, "room": find_labels(request.user, [pk])[pk]})


@action_view("GET", "POST", "DELETE")
def scheduled_message(request: AuthenticatedHttpRequest, client_id: UUID) -> HttpResponse:
    """Show the form for changing a message. POST changes it, and DELETE deletes it."""
    check_change_limit(request)
    if request.method == "DELETE":
        delete_scheduled(user=request.user, client_id=client_id)
        return respond(request, LIST, message=_("Scheduled message deleted."))
    scheduled = _find(request, client_id)
    form = _change_form(request, scheduled)
    if form.is_valid():
        body, keeps_reply = form.cleaned_data["body"], not form.cleaned_data.get("drops_reply")
        try:
            changed = change_scheduled(
                user=request.user, client_id=client_id, body=body, at=form.time, keeps_reply=keeps_reply
            )
        except Refusal as refusal:
            _show(request, form, refusal)
        else:
            return _respond(request, changed)
    if form.is_bound and is_program(request):
        raise form.refusal()
    return render(request, "messaging/schedule.html", {"form": form, **_described(request, scheduled)})


@action_view("GET", "POST")
def scheduled_deletion(request: AuthenticatedHttpRequest, client_id: UUID) -> HttpResponse:
    """Ask whether to delete a message. POST deletes it."""
    if request.method == "POST":
        check_change_limit(request)
        delete_scheduled(user=request.user, client_id=client_id)
        return respond(request, LIST, message=_("Scheduled message deleted."))
    scheduled = _find(request, client_id)
    return render(request, "messaging/scheduled_deletion.html", {"scheduled": scheduled})


@action_view("POST")
def scheduled_delivery(request: AuthenticatedHttpRequest, client_id: UUID) -> HttpResponse:
    """Send a message now."""
    check_change_limit(request)
    send_now(user=request.user, client_id=client_id)
    return respond(request, LIST, message=_("Message sent."))


def _find(request: AuthenticatedHttpRequest, client_id: UUID) -> ScheduledMessage:
    """Raises Http404, or AlreadySent, of which the user learns on the page that they came from."""
    try:
        return find_scheduled(request.user, client_id)
    except NotFound:
        raise Http404 from None


def _change_form(request: AuthenticatedHttpRequest, scheduled: ScheduledMessage) -> ChangeForm:
    zone, is_reply = timezone.get_current_timezone(), scheduled.reply_to_id is not None
    if request.method == "POST":
        return ChangeForm(request.POST, zone=zone, is_reply=is_reply)
    at = timezone.localtime(scheduled.post_at).strftime("%Y-%m-%dT%H:%M")
    return ChangeForm(initial={"body": scheduled.body, "when": AT, "at": at}, zone=zone, is_reply=is_reply)


def _described(request: AuthenticatedHttpRequest, scheduled: ScheduledMessage) -> dict[str, object]:
    """Return a message with the label of its room and the message that it replies to, if the user sees them."""
    rooms = find_labels(request.user, [scheduled.room_id] if scheduled.room_id else [])
    quoted = find_quoted(request.user, [scheduled.reply_to_id] if scheduled.reply_to_id else [])
    room, reply_to = rooms.get(scheduled.room_id or 0), quoted.get(scheduled.reply_to_id or 0)
    return {"scheduled": scheduled, "room": room, "quoted": reply_to}


def _show(request: AuthenticatedHttpRequest, form: ChangeForm, refusal: Refusal) -> None:
    """Show a refusal in the form. Programs receive it as it is."""
    if is_program(request):
        raise refusal
    form.refuse(refusal)


def _respond(request: AuthenticatedHttpRequest, scheduled: ScheduledMessage) -> HttpResponse:
    at = date_format(timezone.localtime(scheduled.post_at), "DATETIME_FORMAT")
    text = _("Message scheduled for %(time)s.") % {"time": at}
    return respond(request, reverse(LIST), message=text, scheduled=serialize_scheduled(scheduled))
