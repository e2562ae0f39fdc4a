"""Views of notification settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from messaging.notifications.forms import PreferencesForm, copy_first_day
from messaging.notifications.levels import site_level
from messaging.notifications.preferences import keywords_of, preferences_of, save_preferences
from messaging.web.change_limit import check_change_limit
from rooms.responses import action_view


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
    context = {"form": form, "zone": timezone.get_current_timezone_name()}
    return render(request, "messaging/notifications.html", context)


def _form(request: AuthenticatedHttpRequest) -> PreferencesForm:
    data = copy_first_day(request.POST) if "copy" in request.POST else request.POST
    return PreferencesForm(
        data if request.method == "POST" else None,
        instance=preferences_of(request.user),
        keywords=keywords_of(request.user),
        default=site_level(),
    )
