"""Looks up the users of many sessions in bulk, as Django's middleware does for one request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.auth.sessions import SessionStore, read_sessions
from accounts.models import User
from accounts.sql import batched

# The fields that an open socket needs. Loading the others as well takes twice as long.
FIELDS = frozenset(
    {
        *("id", "username", "display_name", "avatar", "password", "is_active", "is_staff", "is_bot", "language"),
        *("status", "status_text", "status_until", "hides_last_seen", "shows_room_events"),
    }
)


@dataclass(frozen=True, slots=True)
class SessionUser:
    """A user with an open session."""

    user: User
    session_key: str

    @property
    def key(self) -> str:
        return self.session_key

    @property
    def scopes(self) -> None:
        """None, because sessions have all rights of their user."""
        return None


def users_of_sessions(session_keys: Sequence[str]) -> list[SessionUser | None]:
    """Return the user of each session, or None if the session isn't valid, in two queries."""
    decode = SessionStore().decode
    sessions = {key: decode(data) for key, data in read_sessions(session_keys).items()}
    user_ids = {user_id for data in sessions.values() if (user_id := _user_id(data)) is not None}
    users = User.objects.read_active(user_ids, FIELDS)
    return [_session_user(key, sessions.get(key, {}), users) for key in session_keys]


def expired(sessions: Sequence[SessionUser]) -> list[SessionUser]:
    """Return the sessions that ended through logout, expiry, suspension or a password change."""
    open_keys = read_sessions(session.session_key for session in sessions).keys()
    active = User.objects.filter(pk__in={session.user.pk for session in sessions}, is_active=True)
    passwords = dict(active.values_list("pk", "password"))
    return [
        session
        for session in sessions
        if session.session_key not in open_keys or passwords.get(session.user.pk) != session.user.password
    ]


def touch(sessions: Iterable[SessionUser]) -> None:
    """Record that these sessions are in use. An open socket counts like a request."""
    for keys in batched({session.session_key for session in sessions}):
        UserSession.objects.filter(session_key__in=keys).update(last_seen_at=timezone.now())


def _user_id(data: dict[str, Any]) -> int | None:
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return int(data[SESSION_KEY])
    except (KeyError, ValueError):
        return None


def _session_user(key: str, data: dict[str, Any], users: dict[int, User]) -> SessionUser | None:
    user = users.get(_user_id(data) or 0)
    session_hash = data.get(HASH_SESSION_KEY, "")
    if (
        user is None
        or user.is_bot
        or not any(constant_time_compare(session_hash, valid) for valid in _valid_hashes(user))
    ):
        return None
    return SessionUser(user, key)


def _valid_hashes(user: User) -> Iterable[str]:
    """Yield the session hashes for the current and the previous secret keys (SECRET_KEY_FALLBACKS)."""
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()
