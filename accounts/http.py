"""Requests, responses and parsing shared by the views of several apps."""

from django.http import HttpRequest, StreamingHttpResponse

from accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """The request passed to a view decorated with `login_required`."""

    user: User


class LongResponse(StreamingHttpResponse):
    """A response of any length, generated piece by piece as the client reads it (see chatsite/http/wsgi_bridge.py)."""


def parse_number(text: str) -> int | None:
    """Parse ASCII digits as a number that fits a database's BIGINT. Return None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
