"""Middleware that rejects null characters in URLs and keeps private pages out of caches."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


class NullCharacterMiddleware:
    """Respond with 400 to URLs with null characters, which no valid URL contains and which PostgreSQL rejects."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "\0" in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise BadRequest("The URL contains a null character.")
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Keep logged-in users' pages out of caches, so that no one can view them on a shared computer after logout.

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
