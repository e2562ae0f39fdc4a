"""A page that says what an action will do and asks for confirmation, and the button that undoes it."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.templatetags.notices import UNDO


def is_confirmed(request: HttpRequest) -> bool:
    return request.POST.get("confirmed") == "yes"


def ask(
    request: HttpRequest,
    *,
    title: str,
    effects: Iterable[str],
    button: str,
    cancel_url: str,
    fields: Iterable[tuple[str, str]],
) -> TemplateResponse:
    """Render the question. Its form sends the request's own fields again, with `confirmed`."""
    context = {
        **admin.site.each_context(request),
        "title": title,
        "effects": effects,
        "button": button,
        "cancel_url": cancel_url,
        "fields": [*fields, ("confirmed", "yes")],
    }
    return TemplateResponse(request, "admin/confirmation.html", context)


def action_fields(action: str, selected: Iterable[models.Model]) -> list[tuple[str, str]]:
    """Return the fields of an action on a list's selected rows."""
    return [("action", action), ("index", "0"), *((ACTION_CHECKBOX_NAME, str(each.pk)) for each in selected)]


def next_url(request: HttpRequest, default: str) -> str:
    """Return the page of this site on which a button was clicked."""
    url = request.POST.get("next", "")
    is_own = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_own else default  # without the slash, `redirect` would look for a view of this name


def succeed(request: HttpRequest, text: str, *, undo_url: str = "", fields: Iterable[tuple[str, object]] = ()) -> None:
    """Report a success, with a button that posts `fields` to `undo_url`."""
    tags = UNDO + urlencode([("", undo_url), *fields]) if undo_url else ""
    messages.success(request, text, extra_tags=tags)
