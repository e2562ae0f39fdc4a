"""Context variables for all templates: the site's name, the user's theme, the registration mode and the layout."""

from django.conf import settings
from django.http import HttpRequest

from chatsite.fragments import is_fragment


def site(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    theme = user.theme if user is not None and user.is_authenticated else ""
    return {
        "site_name": settings.SITE_NAME,
        "theme": theme,
        "registration": settings.REGISTRATION,
        "layout": "fragment.html" if is_fragment(request) else "document.html",
    }
