"""The index of each database, with the same functions."""

from types import ModuleType

from accounts.sql import database
from messaging.search.engines import postgres, sqlite


def engine() -> ModuleType:
    return postgres if database().vendor == "postgresql" else sqlite
