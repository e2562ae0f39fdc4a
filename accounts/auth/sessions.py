"""Database-backed sessions that ignore malformed keys.

PostgreSQL raises an error for a null character, which would also fail a query for other sessions.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeGuard

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.sql import batched, fetch, placeholders, table, time_value

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """Load the session as Django does, but without the ORM (see `accounts.sql`)."""
        data = read_sessions([self.session_key or ""]).get(self.session_key or "")
        if data is None:
            self._session_key = None
            return {}
        return self.decode(data)

    def _validate_session_key(self, key: str | None) -> bool:
        return is_session_key(key)


def is_session_key(key: str | None) -> TypeGuard[str]:
    """Return whether a cookie's value has the format of Django's session keys."""
    return key is not None and _KEY.fullmatch(key) is not None


def read_sessions(keys: Iterable[str]) -> dict[str, str]:
    """Return the encoded data of sessions that are open, by key."""
    found: dict[str, str] = {}
    for some in batched(set(filter(is_session_key, keys))):
        sql = (
            f"SELECT session_key, session_data FROM {table(Session)} "  # noqa: S608
            f"WHERE session_key IN ({placeholders(len(some))}) AND expire_date > %s"
        )
        found |= dict(fetch(sql, [*some, time_value(timezone.now())]))
    return found
