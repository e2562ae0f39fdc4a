"""Views for the app's manifest and its service worker."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.models import site_name
from chatsite.templatetags.chatsite import chat_files
from messaging.web.shell import render_chat

SOURCE = "service_worker.js"
BACKGROUND, THEME = "#fdfcfb", "#067a5b"
ICONS = (
    ("icons/app-192.png", "192x192", "image/png", "any"),
    ("icons/app-512.png", "512x512", "image/png", "any"),
    ("icons/maskable-192.png", "192x192", "image/png", "maskable"),
    ("icons/maskable-512.png", "512x512", "image/png", "maskable"),
    ("favicon.svg", "any", "image/svg+xml", "any"),
)
# The service worker handles the request, so that nothing is uploaded before the conversation is chosen.
SHARE_TARGET = {
    "action": "/share/",
    "method": "POST",
    "enctype": "multipart/form-data",
    "params": {
        **{name: name for name in ("title", "text", "url")},
        "files": [{"name": "files", "accept": ["*/*"]}],
    },
}


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the app. Browsers request it without cookies, so it is the same for everyone who reads a language."""
    name = site_name()
    shortcuts = [
        (_("New message"), reverse("rooms:new_message")),
        (_("Search"), reverse("messaging:search")),
        (_("Inbox"), reverse("messaging:inbox")),
    ]
    icons = [
        {"src": static(path), "sizes": sizes, "type": kind, "purpose": purpose} for path, sizes, kind, purpose in ICONS
    ]
    content = {
        "id": "/",
        "name": name,
        "short_name": name,
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": THEME,
        "icons": icons,
        "share_target": SHARE_TARGET,
        "shortcuts": [{"name": text, "url": url, "icons": icons[:1]} for text, url in shortcuts],
    }
    return _respond(msgspec.json.encode(content), "application/manifest+json")


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the worker, after an object with what it can't know by itself.

    The files are part of the text, so browsers install the worker of a new version as soon as they ask for it.
    """
    language = get_language() or settings.LANGUAGE_CODE
    site = {
        **_worker_files(language),
        "name": site_name(),
        "newMessage": _("You have a new message."),
        "icon": static("icons/app-192.png"),
        "badge": static("icons/badge-96.png"),
    }
    text = b"const SITE = " + msgspec.json.encode(site) + b";\n" + _source()
    response = _respond(text, "text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    return response


@login_required
@require_GET
def offline(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Return the chat page without data, which the worker keeps for when there is no connection."""
    page = {"is_offline": True, "rooms": [], "sections": [], "scheduled": [], "conversation": None}
    response = HttpResponse(render_chat(request, request.user, page, is_kept=True))
    response["Cache-Control"] = "no-store"
    response["X-Files"] = _worker_files(get_language() or settings.LANGUAGE_CODE)["cache"]
    return response


def _respond(content: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Cache-Control"] = "no-cache"
    return response


def _worker_files(language: str) -> dict[str, Any]:
    """Return the files to keep and the name of their cache. With DEBUG, none, as files change under their names."""
    return {"cache": "", "files": []} if settings.DEBUG else _released_files(language)


@cache
def _released_files(language: str) -> dict[str, Any]:
    files = chat_files(language)
    digest = sha256(msgspec.json.encode(files) + _source()).hexdigest()
    return {"cache": f"chatsite-{digest[:12]}", "files": files}


def _source() -> bytes:
    return (Path(settings.STATICFILES_DIRS[0]) / SOURCE).read_bytes()
