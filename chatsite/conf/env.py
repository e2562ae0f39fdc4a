"""Reads settings from the environment and the settings file. An empty value means the default.

Each error is an ImproperlyConfigured with a single line: the variable, its value (unless it may be secret), the problem
and the remedy. `manage.py` and the server print it instead of a traceback.
"""

import difflib
import os
import re
from pathlib import Path
from typing import NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

_LINE = re.compile(r"(?:export )?([A-Za-z_0-9]+)=|#|$")  # as django-environ reads it
_FILE_TYPE = re.compile(r"\.[\w+-]+|[\w.+-]+/(?:[\w.+-]+|\*)")
_SHOWN = 100  # characters of an invalid value

names: set[str] = set()  # of all settings read so far
names_in_file: set[str] = set()


def invalid(name: str, problem: str, *, is_secret: bool = False) -> ImproperlyConfigured:
    """Return an error for a setting. `problem` follows its name and value: "is not a whole number. Set …"."""
    value = os.environ.get(name, "").strip()
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return ImproperlyConfigured(f"{name} {problem}" if is_secret else f"{name}={shown!r} {problem}")


def text(name: str, default: str = "") -> str:
    """Return a single-line setting without surrounding whitespace."""
    names.add(name)
    value = os.environ.get(name, "").strip()
    if not value.isprintable():
        raise invalid(name, "contains a line break, or an invalid or invisible character. Remove it.", is_secret=True)
    return value or default


def boolean(name: str, default: bool) -> bool:
    value = text(name)
    if value and value.lower() not in BOOLEANS:
        raise invalid(name, "is neither True nor False. Set it to one of them.")
    return BOOLEANS.get(value.lower(), default)


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default).lower()
    if value not in (default, *allowed):
        raise invalid(name, f"is unknown. Set it to one of: {', '.join(allowed)}.")
    return value


def integer(name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
    value = text(name, str(default))
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", value) or not least <= int(value) <= most:
        raise invalid(name, f"is not a whole number from {least} to {most}. The default is {default}.")
    return int(value)


def items(name: str) -> list[str]:
    """Return the values of a comma-separated setting."""
    return [item.strip() for item in text(name).split(",") if item.strip()]


def token(name: str) -> str:
    """Return a secret that clients send in a header."""
    value = text(name)
    if not re.fullmatch(r"[!-~]*", value):
        raise invalid(name, "cannot be sent in a header. Use ASCII letters, digits and punctuation.", is_secret=True)
    return value


def file_types(name: str) -> list[str]:
    """Return a setting's file extensions (.zip) and media types (image/png, image/*) in lower case."""
    types = [each.lower() for each in items(name)]
    for each in types:
        if not _FILE_TYPE.fullmatch(each):
            raise invalid(
                name,
                f"contains {each!r}. Use extensions and media types, as in .zip,image/*.",
            )
    return types


def path(name: str) -> Path | None:
    """Return a setting that is an absolute path, or None. A relative path would depend on the current folder."""
    value = text(name)
    if value and not value.startswith("/"):
        raise invalid(name, "is not an absolute path. Use one that starts with /.")
    return Path(value) if value else None


def reject_misspelled_names() -> None:
    """Raise ImproperlyConfigured for a misspelled setting in the settings file. Names of other programs are allowed."""
    for name in sorted(names_in_file - names):
        if similar := difflib.get_close_matches(name.upper(), names, 1, 0.85):
            raise ImproperlyConfigured(f"{name} in {settings_file()} is not a setting. Did you mean {similar[0]}?")


def settings_file() -> Path:
    """Return the path of the settings file: ENV_FILE, or .env beside manage.py."""
    return Path(os.environ.get("ENV_FILE", "") or BASE_DIR / ".env")


def load_file() -> None:
    """Load the settings file into the environment. Existing variables take precedence."""
    file = settings_file()
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        if os.environ.get("ENV_FILE"):
            raise invalid("ENV_FILE", "does not exist. Create that file, or remove ENV_FILE to use .env.") from None
        return
    except OSError as error:
        _reject_file(f"cannot be read ({error.strerror}). Make it readable for this user, or set ENV_FILE to another.")
    except UnicodeDecodeError:
        _reject_file("is not a UTF-8 text file. Save it in UTF-8.")
    for number, line in enumerate(lines, 1):
        if not _LINE.match(line):
            _reject_file(f"has an invalid line {number}. Write NAME=value without spaces around =, or begin it with #.")
    environ.Env.read_env(file)
    names_in_file.update(match[1] for line in lines if (match := _LINE.match(line)) and match[1])


def _reject_file(problem: str) -> NoReturn:
    raise ImproperlyConfigured(f"The settings file {settings_file()} {problem}")
