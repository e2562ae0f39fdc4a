"""Reads settings from the environment and `.env`; invalid values raise ImproperlyConfigured."""

import os
import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000

env = environ.Env()
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))  # bin/test uses no file

_FILE_TYPE = re.compile(r"\.[\w+-]+|[\w.+-]+/(?:[\w.+-]+|\*)")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.str(name, default).strip().lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of: {', '.join(allowed)}.")
    return value


def integer(name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
    try:
        value = int(env.str(name, str(default)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={env.str(name)!r} is not a whole number.") from error
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name}={value} must be from {least} to {most}.")
    return value


def file_types(name: str) -> list[str]:
    """Return a setting's file extensions (.zip) and media types (image/png, image/*) in lower case."""
    types = [each.strip().lower() for each in env.str(name, "").split(",") if each.strip()]
    for each in types:
        if not _FILE_TYPE.fullmatch(each):
            raise ImproperlyConfigured(
                f"{name}: {each!r} is neither an extension (.zip) nor a type (image/png, image/*)."
            )
    return types
