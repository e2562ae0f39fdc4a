"""Template tags for JavaScript modules, with the import map, and for the chat page's style sheets."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from chatsite import bundles
from chatsite.catalogs import catalog_name

register = template.Library()

# "chatsite/vendor/tus/tus.js" refers to static/vendor/tus/tus.js; all other names refer to files in static/js.
VENDORED = "vendor/"
# The names of emoji in the page's language take the place of an empty module, as the catalog does.
EMOJI_NAMES = "vendor/emojibase/names.js"


@register.simple_tag(takes_context=True)
def import_map(context: template.RequestContext, *, bundled: bool = False) -> SafeString:
    """Render the page's only inline script: the import map from 'chatsite/…' names to the modules' hashed URLs.

    `bundled`: whether the names of modules in the chat page's bundle lead to the bundle.
    """
    request: HttpRequest = context["request"]
    nonce = getattr(request, "csp_nonce", "")
    text = _rendered("bundled import map" if bundled else "import map", get_language())
    modules = mark_safe(text)  # noqa: S308  # our own file names; '<' is escaped as JSON allows
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, modules)


@register.simple_tag
def module(name: str) -> SafeString:
    """Render the script element of a module. In a panel over the chat, the module is imported by its name."""
    return format_html('<script type="module" src="{}" data-module="chatsite/{}"></script>', static(f"js/{name}"), name)


@register.simple_tag
def chat_modules() -> SafeString:
    """Render the chat page's script, and links that preload all modules that it imports statically."""
    return mark_safe(_rendered("chat modules", get_language()))  # noqa: S308  # made by format_html


@register.simple_tag
def chat_styles() -> SafeString:
    """Render links to the chat page's style sheets."""
    names = [f"css/{sheet}.css" for sheet in bundles.SHEETS] if settings.DEBUG else [bundles.STYLES]
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(name),) for name in names))


def chat_files(language: str) -> list[str]:
    """Return the URLs of the files that the chat page may load: modules, style sheets and icons."""
    names = (bundles.STYLES, "icons.svg", "favicon.svg", "icons/app-192.png", "js/startup.js")
    modules = _find_modules(language) | _bundled_modules()
    return sorted({*modules.values(), *map(static, names)})


def _rendered(name: str, language: str | None) -> str:
    return (_render if settings.DEBUG else _render_once)(language)[name]


@cache
def _render_once(language: str | None) -> dict[str, str]:
    return _render(language)


def _render(language: str | None) -> dict[str, str]:
    modules = _find_modules(language)
    bundled = modules if settings.DEBUG else modules | _bundled_modules()
    return {
        "import map": _import_map(modules),
        "bundled import map": _import_map(bundled),
        "chat modules": _chat_modules(bundled),
    }


def _import_map(modules: dict[str, str]) -> str:
    return json.dumps({"imports": modules}).replace("<", "\\u003c")


def _chat_modules(modules: dict[str, str]) -> str:
    urls = dict.fromkeys(
        modules[f"chatsite/{name}"] for name in ("catalog.js", *bundles.joined_modules(), bundles.ENTRY)
    )
    links = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((url,) for url in urls))
    return format_html('{}\n<script type="module" src="{}"></script>', links, modules["chatsite/app.js"])


def _bundled_modules() -> dict[str, str]:
    return {f"chatsite/{name}": static(bundles.MODULES) for name in bundles.joined_modules()}


def _find_modules(language: str | None) -> dict[str, str]:
    """Return the URLs of all modules by name."""
    ours, vendored = _root() / "js", _root() / VENDORED
    found = {path.relative_to(ours).as_posix(): path for path in ours.rglob("*.js")}
    found |= {path.relative_to(_root()).as_posix(): path for path in vendored.rglob("*.js")}
    files = {name: path.relative_to(_root()).as_posix() for name, path in sorted(found.items())}
    if catalog := catalog_name(language or ""):
        files["catalog.js"] = catalog
    translated = EMOJI_NAMES.replace(".js", f"-{language}.js")
    if translated in files:
        files[EMOJI_NAMES] = translated
    return {f"chatsite/{name}": static(file) for name, file in files.items()}


def _root() -> Path:
    return Path(settings.STATICFILES_DIRS[0])
