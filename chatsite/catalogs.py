"""JavaScript catalogs: one static ES module for each language, generated from its djangojs.mo.

`static/js/i18n.js` imports "chatsite/catalog.js", which the import map maps to the module for the page's language. The
modules are ordinary static files: found by `CatalogFinder`, collected, hashed and cached permanently.
"""

import gettext
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import to_locale

from chatsite.generated_files import GeneratedFilesFinder

FOLDER = "js/catalogs"
_PLURAL = re.compile(r"plural=([^;]+)")


@cache
def catalog_name(language: str) -> str | None:
    """Return the static file name of a language's catalog, or None if there is none and English is shown."""
    return f"{FOLDER}/{language}.js" if _translation_file(language) is not None else None


class CatalogFinder(GeneratedFilesFinder):
    """Generate the module of each language that has a catalog."""

    def generate(self) -> Iterator[tuple[str, str]]:
        for language, _name in settings.LANGUAGES:
            if (name := catalog_name(language)) is not None:
                yield name, _module(language)


def _translation_file(language: str) -> Path | None:
    folders = (Path(path) / to_locale(language) / "LC_MESSAGES" for path in settings.LOCALE_PATHS)
    return next((file for folder in folders if (file := folder / "djangojs.mo").is_file()), None)


def _module(language: str) -> str:
    file = _translation_file(language)
    assert file is not None
    with file.open("rb") as content:
        translation = gettext.GNUTranslations(content)
    catalog: dict[Any, str] = translation._catalog  # type: ignore[attr-defined]  # gettext reads it in no other way
    messages: dict[str, Any] = {}
    for key, text in sorted(catalog.items(), key=str):
        if isinstance(key, tuple):
            messages.setdefault(key[0], []).append(text)
        elif key:
            messages[key] = text
    plural = _PLURAL.search(translation.info().get("plural-forms", "")) or ["", "n != 1"]
    data = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    return f"export default {{ plural: (n) => Number({plural[1].strip()}), messages: {data} }};\n"
