"""The page for server errors: 503 while the database is unavailable, otherwise 500."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from live import outages

RETRY_AFTER_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to a request whose view raised the exception being handled."""
    error = sys.exc_info()[1]
    if error is None or outages.outage_of(error) is None:
        return defaults.server_error(request)
    # Without a request, no context processors run, which use the database.
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
