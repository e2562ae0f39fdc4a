"""The page for errors of the server: 503 while the database is unavailable, otherwise 500."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from live import outages

RETRY_AFTER_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to a request whose view raised the exception that is being handled."""
    error = sys.exc_info()[1]
    if error is None or outages.outage_of(error) is None:
        return defaults.server_error(request)
    response = HttpResponse(loader.render_to_string("503.html"), status=503)  # a context processor might query
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
