"""Whose session this is, asked for many sockets at once: as Django's own middleware does for one request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User

BATCH = 500  # what every database takes in one statement
# What an open socket needs of a person; the other columns cost as much again.
COLUMNS = (
    *("username", "display_name", "avatar", "password", "is_active", "is_staff", "language"),
    *("status", "status_text", "status_until", "hides_last_seen"),
)


@dataclass(frozen=True, slots=True)
class SessionUser:
    """A person with an open session."""

    user: User
    session_key: str


def users_of_sessions(session_keys: Sequence[str]) -> list[SessionUser | None]:
    """For each key the person who is signed in by it, in two queries however many they are."""
    decode = SessionStore().decode
    sessions = {key: decode(data) for key, data in _open(session_keys).values_list("session_key", "session_data")}
    user_ids = {user_id for data in sessions.values() if (user_id := _user_id(data)) is not None}
    users = User.objects.filter(is_active=True).only(*COLUMNS).in_bulk(user_ids)
    return [_guest(key, sessions.get(key, {}), users) for key in session_keys]


def expired(held: Sequence[SessionUser]) -> list[SessionUser]:
    """Those of these whose session is over: logged out, run out, or of an earlier password."""
    open_keys = set(_open(guest.session_key for guest in held).values_list("session_key", flat=True))
    active = User.objects.filter(pk__in={guest.user.pk for guest in held}, is_active=True)
    passwords = dict(active.values_list("pk", "password"))
    return [
        guest
        for guest in held
        if guest.session_key not in open_keys or passwords.get(guest.user.pk) != guest.user.password
    ]


def touch(held: Iterable[SessionUser]) -> None:
    """Their sessions are in use: to the list of a person's browsers a page that is open is no less than a request."""
    keys = list({guest.session_key for guest in held})
    for start in range(0, len(keys), BATCH):
        UserSession.objects.filter(session_key__in=keys[start : start + BATCH]).update(last_seen_at=timezone.now())


def _open(keys: Iterable[str]) -> "QuerySet[Session]":
    return Session.objects.filter(session_key__in=set(keys), expire_date__gt=timezone.now())


def _user_id(data: dict[str, Any]) -> int | None:
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return int(data[SESSION_KEY])
    except (KeyError, ValueError):
        return None


def _guest(key: str, data: dict[str, Any], users: dict[int, User]) -> SessionUser | None:
    user = users.get(_user_id(data) or 0)
    proof = data.get(HASH_SESSION_KEY, "")
    if user is None or not any(constant_time_compare(proof, theirs) for theirs in _proofs(user)):
        return None
    return SessionUser(user, key)


def _proofs(user: User) -> Iterable[str]:
    """Also those made with a secret key that was replaced a while ago."""
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()
