"""What every request and answer is checked for: addresses that no database takes, pages that nobody may keep."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]


class NoNullMiddleware:
    """PostgreSQL stores no null character and fails on one; no honest address has any."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "\0" in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise BadRequest("An address has no null characters.")
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Who logs out on a shared computer leaves nothing to go back to. Stands after the authentication."""

    KINDS = ("text/html", "application/json")

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        says_nothing = "Cache-Control" not in response
        if says_nothing and response.get("Content-Type", "").startswith(self.KINDS) and request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response
