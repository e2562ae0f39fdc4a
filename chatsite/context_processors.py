"""Context variables for all templates: the site's name, logo and registration mode, the theme and the layout."""

from django.http import HttpRequest
from django.urls import reverse

from accounts.mail.delivery import can_send_email
from accounts.models import registration_mode, site_logo, site_name
from accounts.views.site import logo_version
from chatsite.fragments import is_fragment


def site(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    theme = user.theme if user is not None and user.is_authenticated else ""
    logo = site_logo()
    return {
        "site_name": site_name(),
        "site_logo": reverse("accounts:logo", args=[logo_version(logo)]) if logo else "",
        "can_send_email": can_send_email(),
        "theme": theme,
        "registration": registration_mode(),
        "layout": "fragment.html" if is_fragment(request) else "document.html",
    }
