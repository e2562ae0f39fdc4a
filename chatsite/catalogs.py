"""JavaScript catalogs: one static ES module for each language, generated from its djangojs.mo.

`static/js/i18n.js` imports "chatsite/catalog.js", which the import map maps to the module for the page's language. The
modules are ordinary static files: found by `CatalogFinder`, collected, hashed and cached permanently.
"""

import gettext
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from django.utils.translation import to_locale

FOLDER = "js/catalogs"
_PLURAL = re.compile(r"plural=([^;]+)")


@cache
def catalog_name(language: str) -> str | None:
    """Return the static file name of a language's catalog, or None if there is none and English is shown."""
    return f"{FOLDER}/{language}.js" if _translation_file(language) is not None else None


class CatalogFinder(BaseFinder):
    """Find the generated modules, which are written to DATA_DIR whenever a process lists them."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        found = [self._storage().path(name) for name, _storage in self.list(()) if name == path]
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        storage = self._storage()
        for language, _name in settings.LANGUAGES:
            if (name := catalog_name(language)) is not None:
                _write(Path(storage.path(name)), _module(language))
                yield name, storage

    @staticmethod
    def _storage() -> FileSystemStorage:
        return FileSystemStorage(location=settings.DATA_DIR / "catalogs")


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


def _write(path: Path, text: str) -> None:
    """Write a file if its content has changed. A new modification time would make static files be collected again."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
