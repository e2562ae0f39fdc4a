"""Views of reminders: the form for one, those that are due, and dismissing them."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from messaging.history.events import serialize_reminder
from messaging.history.saved import read_notices
from messaging.models import Message, SavedMessage
from messaging.saved.forms import AT, ReminderForm
from messaging.saved.reminders import cancel_reminder, dismiss_reminder, set_reminder
from messaging.web.change_limit import check_change_limit
from rooms.errors import Refusal
from rooms.responses import action_view, is_program, respond


@action_view("GET", "POST", "DELETE")
def reminder(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show the form. POST sets a reminder, and saves the message. DELETE cancels it, whether or not it is due."""
    check_change_limit(request)
    message = _message(request, pk)
    permalink = reverse("messaging:permalink", args=[message.room_id, message.seq])
    if request.method == "DELETE":
        cancel_reminder(user=request.user, message_id=pk)
        return respond(request, permalink, message=_("Reminder canceled."))
    form = _form(request, pk, _next(request) or permalink)
    if form.is_valid():
        try:
            set_reminder(user=request.user, message_id=pk, at=form.time)
        except Refusal as refusal:
            if is_program(request):
                raise
            form.refuse(refusal)
        else:
            at = date_format(timezone.localtime(form.time), "DATETIME_FORMAT")
            text = _("You’ll be reminded on %(time)s.") % {"time": at}
            return respond(request, permalink, message=text, remind_at=form.time)
    if form.is_bound and is_program(request):
        raise form.refusal()
    saved = SavedMessage.objects.filter(user=request.user, message=pk).first()
    context = {"form": form, "message": message, "saved": saved, "next": _next(request) or permalink}
    return render(request, "messaging/reminder.html", context)


@action_view("GET")
def due_reminders(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return the newest reminders that are due and haven't been dismissed."""
    return JsonResponse({"reminders": [serialize_reminder(each) for each in read_notices(request.user)]})


@action_view("DELETE")
def reminder_notice(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Dismiss a reminder that is due."""
    dismiss_reminder(user=request.user, message_id=pk)
    return respond(request, "messaging:saved")


def _message(request: AuthenticatedHttpRequest, pk: int) -> Message:
    seen = Message.objects.readable_by(request.user).seen_by(request.user)
    message = seen.select_related("sender").filter(pk=pk).first()
    if message is None:
        raise Http404
    return message


def _form(request: AuthenticatedHttpRequest, pk: int, next_url: str) -> ReminderForm:
    zone = timezone.get_current_timezone()
    if request.method == "POST":
        return ReminderForm(request.POST, zone=zone)
    saved = SavedMessage.objects.filter(user=request.user, message=pk, remind_at__isnull=False).first()
    if saved is None or saved.remind_at is None:
        return ReminderForm(initial={"when": "20m", "next": next_url}, zone=zone)
    at = timezone.localtime(saved.remind_at).strftime("%Y-%m-%dT%H:%M")
    return ReminderForm(initial={"when": AT, "at": at, "next": next_url}, zone=zone)


def _next(request: AuthenticatedHttpRequest) -> str:
    """Return the page to which the user returns, if it is one of this site."""
    target = request.POST.get("next") or request.GET.get("next", "")
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else ""
