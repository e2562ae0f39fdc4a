"""Views of the links in emails. They need no login: whoever has the link may do what it says, after confirming it.

Opening a link changes nothing, because mail servers do so to look for viruses. The POST carries no CSRF token, because
mail programs send it without having opened the page (RFC 8058).
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging.notifications.emails.actions import unsubscribe
from messaging.notifications.emails.links import InvalidToken, read_unsubscribe_token, settings_path

_form = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
@never_cache
@_form
def unsubscription(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to turn emails of a kind off. POST does so."""
    try:
        user_id, kind = read_unsubscribe_token(token)
        if request.method == "POST":
            unsubscribe(user_id=user_id, kind=kind)
    except InvalidToken:
        return invalid_link(request)
    context = {"kind": kind, "is_done": request.method == "POST", "settings_url": settings_path()}
    return render(request, "messaging/unsubscription.html", context)


def invalid_link(request: HttpRequest) -> HttpResponse:
    return render(request, "messaging/invalid_email_link.html", {"settings_url": settings_path()}, status=404)
