"""Template tags of the site: the import map of its browser modules."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def import_map(context: template.RequestContext) -> SafeString:
    """The page's one inline script: 'chatsite/…' names mapped to the hashed URL of each module."""
    request: HttpRequest = context["request"]
    nonce = getattr(request, "csp_nonce", "")
    modules = mark_safe(_import_map())  # noqa: S308  # our own file names; '<' is escaped as JSON allows
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, modules)


def _import_map() -> str:
    return _build() if settings.DEBUG else _built_once()


@cache
def _built_once() -> str:
    return _build()


def _build() -> str:
    root = Path(settings.STATICFILES_DIRS[0]) / "js"
    modules = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    imports = {f"chatsite/{name}": static(f"js/{name}") for name in modules}
    return json.dumps({"imports": imports}).replace("<", "\\u003c")
