"""The site's own origin, for links in emails and invites, and for redirects.

Anyone can send any Host header. A link built from it could send another user's secret key to the sender's host.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.http import url_has_allowed_host_and_scheme


def site_origin(request: HttpRequest) -> str:
    """Return SITE_URL or, if it isn't set, the requested host with the server's port.

    `get_host` only accepts names in ALLOWED_HOSTS, but any port.
    """
    if settings.SITE_URL:
        return str(settings.SITE_URL)
    name, port = split_domain_port(request.get_host())
    port = f":{request.META['SERVER_PORT']}" if port else ""
    return f"{request.scheme}://{name}{port}"


def absolute_url(request: HttpRequest, location: str | None = None) -> str:
    """Return `location`, or the URL of the request, with the site's origin. URLs of other sites are unchanged."""
    url = HttpRequest.build_absolute_uri(request, location)
    requested = f"{request.scheme}://{request.get_host()}"
    path = url.removeprefix(requested)
    return site_origin(request) + path if path != url and path[:1] in ("", "/", "?") else url


def site_url(path: str) -> str:
    """Return the absolute URL of a path for emails that no request causes. Requires SITE_URL."""
    return f"{settings.SITE_URL}{path}"


def site_host() -> str:
    """Return the site's host name, for the ids of emails."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def is_on_site(request: HttpRequest, url: str) -> bool:
    """Return whether a redirect to `url` stays on this site."""
    scheme, _, host = site_origin(request).partition("://")
    return url_has_allowed_host_and_scheme(url, {host}, require_https=scheme == "https")
