"""Middleware that rejects invalid requests and keeps private pages out of caches."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request

GetResponse = Callable[[HttpRequest], HttpResponse]

# Raised by Django and databases for numbers, dates and text that no column can store.
INVALID_VALUES = (DataError, OverflowError, ValidationError)


class InvalidRequestMiddleware:
    """Respond with 400 to invalid requests on which Django or the database would fail.

    Their URLs contain null characters, which PostgreSQL rejects; their forms cannot be parsed; or they contain numbers,
    dates or text that no column can store.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Raises an error for a form that cannot be parsed. Otherwise, Django's error pages would, because they read it.
        if request.method == "POST":
            len(request.POST)
        if "\0" in request.path_info or "\0" in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise BadRequest("The URL contains a null character.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return bad_request(request, exception) if isinstance(exception, INVALID_VALUES) else None


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
