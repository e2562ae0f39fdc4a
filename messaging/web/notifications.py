"""Views of notification settings, and of what became of a message."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.models import default_notification_level
from messaging.models import Message
from messaging.notifications.emails.reach import find_obstacle
from messaging.notifications.explanation import explain
from messaging.notifications.forms import PreferencesForm, RoomLevelForm, copy_first_day
from messaging.notifications.preferences import keywords_of, preferences_of, save_preferences
from messaging.notifications.preview import preview
from messaging.notifications.room_levels import default_label, read_room_levels
from messaging.web.change_limit import check_change_limit
from rooms.permissions import find_membership, get_room_or_404
from rooms.responses import action_view, is_program, respond
from rooms.room_list import set_notification_level
from rooms.serializers import serialize_room_labels


@action_view("GET", "POST")
def notifications(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the settings. POST saves them, or with `copy` fills in Monday's quiet hours for all days."""
    form = _form(request)
    if form.is_bound and "copy" not in request.POST:
        check_change_limit(request)
        if form.is_valid():
            save_preferences(user=request.user, **form.arguments())
            messages.success(request, _("Saved."))
            return redirect("messaging:notifications")
    context = {
        "form": form,
        "zone": timezone.get_current_timezone_name(),
        "email_obstacle": find_obstacle(request.user),
        "rooms": read_room_levels(request.user),
        "preview": preview(request.user, form.preferences, timezone.now()),
    }
    return render(request, "messaging/notifications.html", context)


@action_view("POST")
def notification_preview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Return what the settings in the form would do, as far as they are valid. Nothing is saved."""
    check_change_limit(request)
    form = _form(request)
    return render(
        request,
        "messaging/_notification_preview.html",
        {"preview": preview(request.user, form.preferences, timezone.now())},
    )


@action_view("GET", "POST")
def room_notifications(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show a member the level of their room. POST chooses it."""
    room = get_room_or_404(request.user, pk)
    membership = find_membership(request.user, room.pk)
    default = default_label(request.user, room)
    data = request.POST if request.method == "POST" else None
    form = RoomLevelForm(data, level=membership.notification_level, default=default)
    if form.is_bound:
        check_change_limit(request)
        if form.is_valid():
            level = form.cleaned_data["level"]
            set_notification_level(user=request.user, room=room, level=level)
            return respond(request, room, message=_("Saved."), notification_level=level)
        if is_program(request):
            raise form.refusal()
    label = serialize_room_labels(request.user, [room.pk])[room.pk]
    context = {"form": form, "room": room, "name": label["name"], "is_muted": membership.is_muted}
    return render(request, "messaging/room_notifications.html", context)


@action_view("GET")
def message_notification(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Explain to the user why they were notified of a message, or why they weren't."""
    check_change_limit(request)
    seen = Message.objects.readable_by(request.user).seen_by(request.user)
    message = seen.select_related("sender").filter(pk=pk).first()
    if message is None:
        raise Http404
    context = {"message": message, "explanation": explain(request.user, message)}
    return render(request, "messaging/message_notification.html", context)


def _form(request: AuthenticatedHttpRequest) -> PreferencesForm:
    data = copy_first_day(request.POST) if "copy" in request.POST else request.POST
    return PreferencesForm(
        data if request.method == "POST" else None,
        instance=preferences_of(request.user),
        keywords=keywords_of(request.user),
        default=default_notification_level(),
    )
