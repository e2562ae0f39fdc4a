"""Languages of the interface: English and all languages with an installed translation."""

from collections.abc import Iterable
from pathlib import Path

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language


def installed_languages(default: str, locale_paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Return (code, native name) pairs: the default language first, then English, then the others sorted by code."""
    catalogs = (path for folder in locale_paths for path in folder.glob("*/LC_MESSAGES/django.mo"))
    translated = {to_language(path.parent.parent.name) for path in catalogs}
    return [(code, _name(code)) for code in dict.fromkeys([default, "en", *sorted(translated)])]


def _name(code: str) -> str:
    return str(LANG_INFO.get(code, {}).get("name_local", code))
