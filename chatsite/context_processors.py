"""Context variables for all templates: the site's name, the user's theme and the registration mode."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    theme = user.theme if user is not None and user.is_authenticated else ""
    return {"site_name": settings.SITE_NAME, "theme": theme, "registration": settings.REGISTRATION}
