"""Template tags of the site: the import map of its browser modules."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def import_map(context: template.RequestContext) -> SafeString:
    """The page's one inline script: 'chatsite/…' names mapped to the hashed URL of each module."""
    request: HttpRequest = context["request"]
    nonce = getattr(request, "csp_nonce", "")
    modules = mark_safe(_import_map())  # noqa: S308  # our own file names; '<' is escaped as JSON allows
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, modules)


@register.simple_tag
def preload_modules() -> SafeString:
    """The page's modules at once, instead of one generation of imports after the other."""
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((url,) for url in _modules().values()))


def _import_map() -> str:
    return json.dumps({"imports": _modules()}).replace("<", "\\u003c")


def _modules() -> dict[str, str]:
    return _find_modules() if settings.DEBUG else _modules_found_once()


@cache
def _modules_found_once() -> dict[str, str]:
    return _find_modules()


def _find_modules() -> dict[str, str]:
    root = Path(settings.STATICFILES_DIRS[0]) / "js"
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    return {f"chatsite/{name}": static(f"js/{name}") for name in names}
