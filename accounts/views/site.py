"""Views for the site's settings and its logo."""

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms.site import SiteSettingsForm
from accounts.http import AuthenticatedHttpRequest
from accounts.mail.delivery import can_send_email
from accounts.models import SiteSettings, site_logo, site_name
from accounts.site import PERMISSION, update_site

TEST_EMAILS = "3/5m/user"


@login_required
@permission_required(PERMISSION, raise_exception=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def site_settings(request: AuthenticatedHttpRequest) -> HttpResponse:
    stored = SiteSettings.objects.stored()
    form = SiteSettingsForm(request.POST or None, request.FILES or None, stored=stored)
    if request.method == "POST" and form.is_valid():
        try:
            update_site(actor=request.user, **form.arguments())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Site settings saved."))
            return redirect("accounts:site_settings")
    return render(request, "accounts/site_settings.html", {"form": form})


@login_required
@permission_required(PERMISSION, raise_exception=True)
@require_POST
def send_test_email(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Queue an email to the admin. If the mail server doesn't accept it, the admin's first page says so."""
    limits = {"test_email": TEST_EMAILS}
    if not request.user.email or not can_send_email():
        messages.error(request, _("Set up email on the server and add an email address to your account first."))
    elif ratelimit.consume(request, app="accounts", action="test_email", config=limits, user=request.user) is None:
        messages.error(request, _("Too many test emails. Try again in a few minutes."))
    else:
        subject = _("[%(site)s] Test email") % {"site": site_name()}
        send_mail(subject, _("Email works."), None, [request.user.email])
        text = _("Test email sent to %(email)s. If it doesn’t arrive in a few minutes, check the admin’s overview.")
        messages.success(request, text % {"email": request.user.email})
    return redirect("accounts:site_settings")


@require_safe
def logo(request: HttpRequest, version: str) -> HttpResponse:
    """Send the logo, which everyone sees. Each logo has a new version in its address."""
    name = site_logo()
    if not name or logo_version(name) != version:
        raise Http404
    response = HttpResponse(content_type="image/webp")
    response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL}{name}"  # sent by the event loop or by nginx
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def logo_version(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]
