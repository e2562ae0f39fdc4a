"""The credentials of clients: the session of a browser, or the API token of a program."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from accounts.auth.session_lookup import SessionUser, expired, users_of_sessions
from accounts.auth.tokens import TokenUser, bearer_of, ended_tokens, token_key, users_of_tokens

Authenticated = SessionUser | TokenUser


class Credential(NamedTuple):
    """A session's key or, if there is a Bearer token, this token, which may be invalid or empty."""

    session_key: str = ""
    token: str | None = None


def credential_of(scope: Mapping[str, Any]) -> Credential:
    """Return the credential of a request or a handshake. If it has a Bearer token, its cookies don't count."""
    authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    token = bearer_of(authorization.decode("latin-1"))
    if token is not None:
        return Credential(token=token)
    return Credential(session_key=scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME, ""))


def users_of(credentials: Sequence[Credential]) -> list[Authenticated | None]:
    """Return the user of each credential, or None if it isn't valid, in two queries for each kind."""
    keys = [each.session_key for each in credentials if each.session_key]
    secrets = [each.token for each in credentials if each.token]
    sessions = dict(zip(keys, users_of_sessions(keys), strict=True))
    holders = dict(zip(secrets, users_of_tokens(secrets), strict=True))
    return [sessions.get(each.session_key) if each.token is None else holders.get(each.token) for each in credentials]


def ended(authenticated: Iterable[Authenticated]) -> set[str]:
    """Return the keys of those whose session or token has ended, or whose user is suspended."""
    sessions, holders = [], []
    for each in authenticated:
        if isinstance(each, TokenUser):
            holders.append(each)
        else:
            sessions.append(each)
    return {session.session_key for session in expired(sessions)} | {token_key(pk) for pk in ended_tokens(holders)}
