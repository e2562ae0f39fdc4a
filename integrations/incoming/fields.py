"""Reads values of untrusted JSON, whatever their types are."""

from collections.abc import Iterator
from typing import Any

JSON = Any  # decoded: None, bool, int, float, str, list or dict

MAX_ITEMS = 100


def value(data: JSON, *path: str) -> JSON:
    """Return the value at a path of keys, or None."""
    for key in path:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data


def text(data: JSON, *path: str) -> str:
    """Return the text at a path of keys. Numbers become text; anything else is ""."""
    found = value(data, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e18 else ""


def number(data: JSON, *path: str) -> int:
    found = value(data, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**18 else 0


def objects(data: JSON, *path: str, limit: int = MAX_ITEMS) -> list[dict[str, JSON]]:
    """Return the first objects of the list at a path of keys."""
    found = value(data, *path)
    return [each for each in found[:limit] if isinstance(each, dict)] if isinstance(found, list) else []


def entries(data: JSON, *path: str, limit: int = MAX_ITEMS) -> Iterator[tuple[str, str]]:
    """Yield the keys and texts of the object at a path of keys, such as labels."""
    found = value(data, *path)
    for key in list(found)[:limit] if isinstance(found, dict) else ():
        if shown := text(found, key):
            yield str(key), shown
