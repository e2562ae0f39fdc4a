"""What every request passes: nobody gets past setting up, and a session's last use is noted now and then."""

from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_request

from accounts import audit
from accounts.models import User

Respond = Callable[[HttpRequest], HttpResponse]

ALWAYS_OPEN = ("/static/",)
NOTE_EVERY = 300  # seconds; noting each request would write to the disk for each


class FirstVisitorMiddleware:
    """While nobody has an account, every page leads to making the first. Afterwards it costs no query."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.somebody_exists = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.somebody_exists or request.path.startswith((*ALWAYS_OPEN, reverse("accounts:setup"))):
            return self.get_response(request)
        self.somebody_exists = User.objects.exists()
        if self.somebody_exists:
            return self.get_response(request)
        response = redirect("accounts:setup")
        add_never_cache_headers(response)
        return response


class LanguageMiddleware(LocaleMiddleware):
    """Speak the language that the person chose in their profile, or else one that their browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        user = request.user
        chosen = user.language if user.is_authenticated else ""
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()


class OriginMiddleware:
    """What is recorded during a request came from its sender."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def actor() -> User | None:
            return request.user if request.user.is_authenticated else None

        with audit.origin(address=request.META.get("REMOTE_ADDR") or "", actor=actor):
            return self.get_response(request)


class SessionActivityMiddleware:
    """allauth's list of sessions shows when each was last used; allauth's own middleware writes at every request."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and request.user.is_authenticated and cache.add(f"session-seen:{key}", 1, NOTE_EVERY):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)
