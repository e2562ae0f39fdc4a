"""Middleware for links, the setup page, languages, time zones, the audit log's origins and the use of sessions."""

from collections.abc import Callable
from functools import partial

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_request

from accounts import audit, links
from accounts.models import User
from accounts.time_zones import find_zone, zone_of_browser

GetResponse = Callable[[HttpRequest], HttpResponse]

ALWAYS_OPEN = ("/static/", "/manifest.webmanifest", "/sw.js")
UPDATE_EVERY = 300  # seconds, so that not every request writes to the database
MAX_RECENT = 100_000


class SiteURLMiddleware:
    """Makes `request.build_absolute_uri()`, with which Django and allauth build links, use the site's own origin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.build_absolute_uri = partial(links.absolute_url, request)  # type: ignore[method-assign]
        return self.get_response(request)


class FirstVisitorMiddleware:
    """Redirects all pages to the set-up page until an account exists. After that, it makes no queries."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_set_up = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        open_pages = (*ALWAYS_OPEN, reverse("accounts:setup"), reverse("accounts:username_check"))
        if self.is_set_up or request.path.startswith(open_pages):
            return self.get_response(request)
        self.is_set_up = User.objects.exists()
        if self.is_set_up:
            return self.get_response(request)
        response = redirect("accounts:setup")
        add_never_cache_headers(response)
        return response


class LanguageMiddleware(LocaleMiddleware):
    """Activates the language chosen in the user's profile or, if there is none, one requested by the browser."""

    def process_request(self, request: HttpRequest) -> None:
        user = request.user
        chosen = user.language if user.is_authenticated else ""
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()


class TimeZoneMiddleware:
    """Activates the browser's time zone, the one that the user's browser last had, or the site's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        stored = request.user.time_zone if request.user.is_authenticated else ""
        with timezone.override(zone_of_browser(request) or find_zone(stored)):
            return self.get_response(request)


class OriginMiddleware:
    """Sets the origin of actions that the audit log records during a request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def actor() -> User | None:
            return request.user if request.user.is_authenticated else None

        with audit.origin(address=request.META.get("REMOTE_ADDR") or "", actor=actor):
            return self.get_response(request)


class SessionActivityMiddleware:
    """Records when a session was last used, and in which time zone.

    Unlike allauth's middleware, it doesn't write on every request.

    Each process keeps its own list of recorded sessions. In the shared cache, they would evict login limits.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.recent = LocMemCache("recent-sessions", {"OPTIONS": {"MAX_ENTRIES": MAX_RECENT}})

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and request.user.is_authenticated and self.recent.add(key, 1, UPDATE_EVERY):
            UserSession.objects.create_from_request(request)
            _store_time_zone(request, request.user)
        return self.get_response(request)


def _store_time_zone(request: HttpRequest, user: User) -> None:
    zone = zone_of_browser(request)
    if zone is not None and zone.key != user.time_zone:
        User.objects.filter(pk=user.pk).update(time_zone=zone.key)
