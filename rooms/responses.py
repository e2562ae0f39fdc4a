"""Responses for views that serve both browsers (pages and messages) and programs (JSON)."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.auth.token_requests import InvalidToken, use_token
from accounts.auth.tokens import bearer_of
from accounts.models import Scope
from accounts.reporting.confirmation import succeed
from rooms.errors import Forbidden, NotFound, Refusal
from rooms.scopes import require_scope

View = Callable[..., HttpResponse]
STATUS = {"not_found": 404, "forbidden": 403, "archived": 409, "conflict": 409, "rate_limited": 429}


def action_view(*methods: str, scope: Scope | None = None) -> Callable[[View], View]:
    """Make a view require a login, and respond to refusals with a message for users or JSON for programs.

    HTML forms can't send DELETE, so a POST with `_method=DELETE` counts as one. As with every POST, its CSRF token has
    already been checked.

    scope: with this scope, API tokens may be used instead of a session, for views that change nothing.
    """

    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = _dispatch(partial(view, request, *args, **kwargs), request, allowed, scope)
            if "Cache-Control" not in response:
                add_never_cache_headers(response)
            return response

        return wrapper

    return decorate


def _dispatch(
    view: Callable[[], HttpResponse], request: HttpRequest, allowed: Sequence[str], scope: Scope | None
) -> HttpResponse:
    try:
        token = use_token(request) if scope is not None else None
    except InvalidToken:
        return _refuse_token()
    if request.method == "POST" and request.POST.get("_method") == "DELETE":
        request.method = "DELETE"
    if not request.user.is_authenticated:
        return _require_login(request)
    if request.method not in allowed:
        return HttpResponseNotAllowed(allowed)
    try:
        if token is not None:
            require_scope(token.scopes, scope)
        return view()
    except Refusal as refusal:
        return _refuse(request, refusal)
    except Http404:
        if is_program(request):
            return _json(404, NotFound())
        raise


def is_program(request: HttpRequest) -> bool:
    """Return whether a script sent the request, rather than a browser following a link or a form."""
    if request.headers.get("X-Requested-With") in ("fetch", "XMLHttpRequest"):
        return True
    if bearer_of(request.headers.get("Authorization", "")) is not None:
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def respond(
    request: HttpRequest,
    to: Any,
    *,
    message: str = "",
    undo_url: str = "",
    undo_fields: Mapping[str, str] | None = None,
    **data: Any,
) -> HttpResponse:
    """Respond to a change. Redirect users to the form's `next`, or `to`, with a message; send programs the data.

    undo_url: a URL that undoes the change, with DELETE or a POST of `undo_fields`. The message has a button for it.
    """
    if is_program(request):
        return JsonResponse(data | ({"undo_url": undo_url} if undo_url else {}))
    if undo_url:
        succeed(request, message, undo_url=undo_url, fields=(undo_fields or {"_method": "DELETE"}).items())
    elif message:
        messages.success(request, message)
    target = request.POST.get("next", "")
    return HttpResponseRedirect(target) if _is_local(target) else redirect(to)


def _require_login(request: HttpRequest) -> HttpResponse:
    if is_program(request):
        return _json(401, Forbidden(_("Log in first.")))
    return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("rooms:list"))


def _refuse_token() -> HttpResponse:
    response = _json(401, Forbidden(_("This API token isn’t valid. It may have expired or been revoked.")))
    response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def _refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if is_program(request):
        response = _json(STATUS.get(refusal.code, 400), refusal)
        if refusal.retry_after is not None:
            response["Retry-After"] = str(math.ceil(refusal.retry_after))
        return response
    messages.error(request, str(refusal.message))
    return HttpResponseRedirect(_referring_page(request) or reverse("rooms:list"))


def _json(status: int, refusal: Refusal) -> JsonResponse:
    return JsonResponse(refusal.as_data(), status=status)


def _referring_page(request: HttpRequest) -> str | None:
    """Return the path of the page that sent the form, unless that is the form's own URL."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return None
    parts = urlsplit(referer)
    path = parts._replace(scheme="", netloc="", fragment="").geturl()
    return path if _is_local(path) and parts.path != request.path else None


def _is_local(path: str) -> bool:
    return path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
