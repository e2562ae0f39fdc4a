"""Database-backed sessions that ignore malformed keys.

PostgreSQL raises an error for a null character, which would also fail a query for other sessions.
"""

import re
from typing import TypeGuard

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        return is_session_key(key)


def is_session_key(key: str | None) -> TypeGuard[str]:
    """Return whether a cookie's value has the format of Django's session keys."""
    return key is not None and _KEY.fullmatch(key) is not None
