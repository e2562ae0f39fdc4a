"""Types of requests and responses that views of several apps share."""

from django.http import HttpRequest, StreamingHttpResponse

from accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """The request of a view behind `login_required`."""

    user: User


class LongResponse(StreamingHttpResponse):
    """A response of any length, read piece by piece as the client takes it (chatsite/http/wsgi_bridge.py)."""
