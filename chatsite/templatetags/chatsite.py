"""Template tags for the import map of the JavaScript modules."""

import json
import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from chatsite.catalogs import catalog_name

register = template.Library()

# "chatsite/vendor/tus/tus.js" refers to static/vendor/tus/tus.js; all other names refer to files in static/js.
VENDORED = "vendor/"

# Matches static imports, but not import("…").
_IMPORT = re.compile(r'^(?:import|export)\s[^"();]*"chatsite/([^"\n]+)"', re.MULTILINE)


@register.simple_tag(takes_context=True)
def import_map(context: template.RequestContext) -> SafeString:
    """Render the page's only inline script: the import map from 'chatsite/…' names to the modules' hashed URLs."""
    request: HttpRequest = context["request"]
    nonce = getattr(request, "csp_nonce", "")
    modules = mark_safe(_rendered("map", get_language()))  # noqa: S308  # our own file names; '<' is escaped as JSON allows
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, modules)


@register.simple_tag
def preload_modules() -> SafeString:
    """Render links that preload, in parallel, all modules that the chat page imports statically."""
    return mark_safe(_rendered("preloads", get_language()))  # noqa: S308  # made by format_html


def _rendered(name: str, language: str | None) -> str:
    return (_render(language) if settings.DEBUG else _render_once(language))[name]


@cache
def _render_once(language: str | None) -> dict[str, str]:
    return _render(language)


def _render(language: str | None) -> dict[str, str]:
    modules = _find_modules()
    if catalog := catalog_name(language or ""):
        modules["chatsite/catalog.js"] = static(catalog)
    urls = ((modules[f"chatsite/{name}"],) for name in _static_imports("app.js"))
    links = format_html_join("\n", '<link rel="modulepreload" href="{}">', urls)
    return {"map": json.dumps({"imports": modules}).replace("<", "\\u003c"), "preloads": links}


def _find_modules() -> dict[str, str]:
    ours, vendored = _root() / "js", _root() / VENDORED
    found = {path.relative_to(ours).as_posix(): path for path in ours.rglob("*.js")}
    found |= {path.relative_to(_root()).as_posix(): path for path in vendored.rglob("*.js")}
    return {f"chatsite/{name}": static(path.relative_to(_root()).as_posix()) for name, path in sorted(found.items())}


def _static_imports(name: str) -> list[str]:
    """Return the name of a module and those of all its static imports, recursively."""
    names = [name]
    for each in names:
        text = (_root() / "js" / each).read_text()
        names += [found for found in dict.fromkeys(_IMPORT.findall(text)) if found not in names]
    return names


def _root() -> Path:
    return Path(settings.STATICFILES_DIRS[0])
