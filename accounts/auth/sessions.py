"""Database-backed sessions that are read with hand-written SQL and ignore malformed keys.

PostgreSQL raises an error for a null character, which would also fail a query for other sessions.
"""

import re
from typing import Any, TypeGuard

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.sql import database, fetch, table

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        sql = f"SELECT session_data FROM {table(Session)} WHERE session_key = %s AND expire_date > %s"  # noqa: S608
        now = database().ops.adapt_datetimefield_value(timezone.now())
        found = fetch(sql, [self.session_key, now]) if self.session_key else []
        if not found:
            self._session_key = None
            return {}
        return self.decode(found[0][0])

    def _validate_session_key(self, key: str | None) -> bool:
        return is_session_key(key)


def is_session_key(key: str | None) -> TypeGuard[str]:
    """Return whether a cookie's value has the format of Django's session keys."""
    return key is not None and _KEY.fullmatch(key) is not None
