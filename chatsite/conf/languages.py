"""Settings of languages and time: the interface is in English and all languages with an installed translation."""

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

from chatsite.conf.env import BASE_DIR, invalid, items, text


def locale_paths() -> list[Path]:
    """Return the folders of translations: those in LOCALE_DIR, then our own."""
    folders = [Path(folder) for folder in items("LOCALE_DIR")]
    for folder in folders:
        if not folder.is_absolute() or not folder.is_dir():
            raise invalid(
                "LOCALE_DIR", f"contains {str(folder)!r}, which is not the absolute path of a folder. Create it."
            )
    return [*folders, BASE_DIR / "locale"]


def language_code(paths: Iterable[Path]) -> str:
    """Return LANGUAGE_CODE. Require its translation; without one, English pages would be declared as that language."""
    code = text("LANGUAGE_CODE", "en").lower().replace("_", "-")
    available = {"en", *_translated(paths)}
    if code not in available and not (code.startswith("en-") and code in LANG_INFO):
        raise invalid(
            "LANGUAGE_CODE",
            f"is not installed. The installed languages are {', '.join(sorted(available))}. "
            "Create a translation with bin/messages, or set LOCALE_DIR to a folder that contains one.",
        )
    return code


def installed_languages(default: str, paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Return (code, native name) pairs: the default language first, then English, then the others sorted by code."""
    return [(code, _name(code)) for code in dict.fromkeys([default, "en", *sorted(_translated(paths))])]


def time_zone() -> str:
    name = text("TIME_ZONE", "UTC")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder, such as America
        raise invalid("TIME_ZONE", "is not a time zone. Use a name such as UTC or Europe/Berlin.") from None
    return name


def _translated(paths: Iterable[Path]) -> set[str]:
    catalogs = (path for folder in paths for path in folder.glob("*/LC_MESSAGES/django.mo"))
    return {to_language(path.parent.parent.name) for path in catalogs}


def _name(code: str) -> str:
    return str(LANG_INFO.get(code, {}).get("name_local", code))
