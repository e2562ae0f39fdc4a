"""Requests, responses and parsing that views of several apps share."""

from django.http import HttpRequest, StreamingHttpResponse

from accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """The request of a view behind `login_required`."""

    user: User


class LongResponse(StreamingHttpResponse):
    """A response of any length, read piece by piece as the client takes it (chatsite/http/wsgi_bridge.py)."""


def parse_number(text: str) -> int | None:
    """Parse ASCII digits as a number that fits a database's BIGINT. Return None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
