"""The response to requests that Django's CSRF protection rejects."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils.translation import gettext as _

WRONG_ORIGIN = REASON_BAD_ORIGIN.partition("%s")[0]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain the rejection. A wrong origin is usually caused by a proxy that changes the Host header."""
    if request.accepts("application/json") and not request.accepts("text/html"):
        detail = _("The request was refused. Reload the page and try again.")
        return JsonResponse({"code": "forbidden", "detail": detail}, status=403)
    context = {
        "origin": request.META.get("HTTP_ORIGIN", "") if reason.startswith(WRONG_ORIGIN) else "",
        "host": request.get_host(),
        "needs_cookies": reason == REASON_NO_CSRF_COOKIE,
    }
    return render(request, "403_csrf.html", context, status=403)
