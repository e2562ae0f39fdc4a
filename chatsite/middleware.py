"""Middleware that rejects null characters in URLs and keeps private pages out of caches."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


class NullCharacterMiddleware:
    """Respond with 400 to null characters in URLs: PostgreSQL fails on them, and valid URLs have none."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "\0" in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise BadRequest("The URL contains a null character.")
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Keep pages of logged-in users out of caches, so that none can be seen after logging out on a shared computer.

    Must come after the authentication middleware.
    """

    CONTENT_TYPES = ("text/html", "application/json")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_unset = "Cache-Control" not in response
        if (
            is_unset
            and response.get("Content-Type", "").startswith(self.CONTENT_TYPES)
            and request.user.is_authenticated
        ):
            response["Cache-Control"] = "private, no-store"
        return response
