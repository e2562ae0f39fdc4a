"""The chat page's modules and style sheets, each joined into one file: 10 requests for the first visit instead of 115.

There is no build step: the files are generated when static files are collected. With DEBUG, the page loads the sources.

Joining is simple because the modules keep to a few rules, which `join_modules` enforces: imports and exports are
statements of their own with names, no two modules export the same name, imports have no cycles, and nothing is awaited
at the top level. In the import map, all names of joined modules lead to the same file, which exports everything. Files
of their own, such as app.js and modules that are loaded later, import from it without knowing.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from chatsite.generated_files import GeneratedFilesFinder

MODULES, STYLES = "js/chat.js", "css/chat.css"
ENTRY = "app.js"
# Remains a file of its own, because it depends on the language.
CATALOG_IMPORT = 'import catalog from "chatsite/catalog.js";\n'
SHEETS = (
    *(
        "tokens",
        "base",
        "select",
        "avatars",
        "layout",
        "rooms",
        "room",
        "message-log",
        "message",
        "reactions",
        "action-menu",
    ),
    *(
        "notices",
        "code",
        "attachments",
        "link-previews",
        "composer",
        "attachment-tray",
        "room-info",
        "dialog",
        "online",
        "panel",
    ),
    *("thread-panel", "switcher", "emoji-picker", "completions"),
)

_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"chatsite/([^"\n]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function\*?|class|const) (\w+))", re.MULTILINE)
_REFUSED = re.compile(r"^(?:(?:import|export)\b(?!\()|(?!//|/\*)\S.*\bawait\b).*", re.MULTILINE)


class BundleFinder(GeneratedFilesFinder):
    """Generate the chat page's bundles."""

    def generate(self) -> Iterator[tuple[str, str]]:
        if not settings.DEBUG:
            yield MODULES, join_modules({name: (_root() / "js" / name).read_text() for name in joined_modules()})
            yield STYLES, "".join((_root() / f"css/{sheet}.css").read_text() for sheet in SHEETS)


def joined_modules() -> list[str]:
    """Return the names of the modules that app.js imports, each after those that it imports itself.

    That is the order in which browsers evaluate them. Raises ValueError if they import each other in a cycle.
    """
    ordered: list[str] = []
    _add_with_imports(ENTRY, ordered, ())
    return ordered[:-1]


def _add_with_imports(name: str, ordered: list[str], importing: tuple[str, ...]) -> None:
    if name in importing:
        raise ValueError(f"JavaScript modules import each other: {' → '.join((*importing, name))}")
    if name in ordered:
        return
    for _names, imported in _IMPORT.findall((_root() / "js" / name).read_text()):
        _add_with_imports(imported, ordered, (*importing, name))
    ordered.append(name)


def join_modules(sources: dict[str, str]) -> str:
    """Join ES modules, given in the order of evaluation, into a single one that exports all of their exports.

    Raises ValueError for statements that break the rules above, and for names that two modules export.
    """
    exporting: dict[str, str] = {}
    parts = [CATALOG_IMPORT, "\nconst modules = {};\n"]
    for name, source in sources.items():
        body, exported = _as_function(name, source)
        if taken := exporting.keys() & exported:
            raise ValueError(f"{name} and {exporting[min(taken)]} both export {min(taken)}")
        exporting |= dict.fromkeys(exported, name)
        parts.append(body)
    parts.append(f"\nexport const {{ {', '.join(exporting)} }} = modules;\n")
    return "".join(parts)


def _as_function(name: str, source: str) -> tuple[str, list[str]]:
    """Return a module as a function that is called at once, and the names of its exports."""
    exported = _EXPORT.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub(_from_modules, source.replace(CATALOG_IMPORT, "")))
    if refused := _REFUSED.search(body):
        raise ValueError(f"{name} can't be joined with other modules: {refused[0]}")
    return (
        f"\n// {name}\nObject.assign(modules, (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})());\n",
        exported,
    )


def _from_modules(statement: re.Match[str]) -> str:
    names = (statement[1] or "").replace(" as ", ": ")
    return f"const {{{names}}} = modules;\n" if names else ""


def _root() -> Path:
    return Path(settings.STATICFILES_DIRS[0])
