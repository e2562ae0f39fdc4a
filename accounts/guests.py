"""Whose session this is, asked for many sockets at once: as Django's own middleware does for one request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Guest:
    """A person with an open session. `proof` changes with their password, and with it the session ends."""

    user: User
    session_key: str
    proof: str


def guests(session_keys: Sequence[str]) -> list[Guest | None]:
    """For each key the person who is signed in by it, in two queries however many they are."""
    sessions = {session.session_key: session.get_decoded() for session in _open_sessions(session_keys)}
    user_ids = {user_id for data in sessions.values() if (user_id := _user_id(data)) is not None}
    users = User.objects.filter(is_active=True).in_bulk(user_ids)
    return [_guest(key, sessions.get(key, {}), users) for key in session_keys]


def ended(held: Iterable[Guest]) -> list[Guest]:
    """Those of these whose session is over: logged out, run out, or of an earlier password."""
    known = list(held)
    still = {guest.session_key: guest for guest in guests([guest.session_key for guest in known]) if guest is not None}
    return [guest for guest in known if not _is_same(guest, still.get(guest.session_key))]


def _open_sessions(keys: Iterable[str]) -> "list[Session]":
    return list(Session.objects.filter(session_key__in=set(keys), expire_date__gt=timezone.now()))


def _user_id(data: dict[str, Any]) -> int | None:
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return int(data[SESSION_KEY])
    except (KeyError, ValueError):
        return None


def _guest(key: str, data: dict[str, Any], users: dict[int, User]) -> Guest | None:
    user = users.get(_user_id(data) or 0)
    proof = data.get(HASH_SESSION_KEY, "")
    if user is None or not any(constant_time_compare(proof, theirs) for theirs in _proofs(user)):
        return None
    return Guest(user, key, proof)


def _proofs(user: User) -> Iterable[str]:
    """Also those made with a secret key that was replaced a while ago."""
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()


def _is_same(guest: Guest, now: Guest | None) -> bool:
    return now is not None and now.user.pk == guest.user.pk
