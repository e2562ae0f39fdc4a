"""Sessions in the database. A malformed key, which no session has, never reaches it.

PostgreSQL raises an error for a null character, also in a query for the sessions of several people.
"""

import re
from typing import TypeGuard

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        return is_session_key(key)


def is_session_key(key: str | None) -> TypeGuard[str]:
    """Return whether a cookie's value has the form of the keys that Django generates."""
    return key is not None and _KEY.fullmatch(key) is not None
