"""Views for the site's settings and its logo."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms.site import SiteSettingsForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import SiteSettings, site_logo
from accounts.site import PERMISSION, update_site


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
