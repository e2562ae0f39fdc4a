"""Authenticates requests by an API token or by the session cookie of the site's own pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.auth.session_lookup import SessionUser, users_of_sessions
from accounts.auth.tokens import TokenUser, bearer_of, users_of_tokens
from accounts.models import Scope, User, blocklists_for
from accounts.models.relations import Blocklist
from api.errors import MissingScope, Unauthenticated, WrongOrigin
from live.http.origin import is_same_origin

SAFE = frozenset({"GET", "HEAD"})
ALL_SCOPES = frozenset(Scope)  # of a session


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secret in a request: an API token, or the key of a session."""

    secret: str
    is_token: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated user.

    scopes: those of the token, or all for a session. session_key: that of the session, or "".
    blocked: ids of the users whom they block.
    """

    user: User
    scopes: frozenset[Scope]
    blocked: frozenset[int]
    token_id: int | None = None
    session_key: str = ""

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise MissingScope(_("This token doesn’t have the scope “%(scope)s”.") % {"scope": scope})


def credentials_of(scope: dict[str, Any], headers: dict[str, str]) -> Credentials:
    """Return the secret of a request. Raises Unauthenticated, or WrongOrigin for a cookie that another site sends."""
    authorization = headers.get("authorization", "")
    if authorization:
        token = bearer_of(authorization)
        if token is None:
            raise Unauthenticated
        return Credentials(token, is_token=True)
    session_key = scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME, "")
    if not session_key:
        raise Unauthenticated
    _require_own_page(scope["method"], headers)
    return Credentials(session_key, is_token=False)


def identify(requests: Sequence[Credentials]) -> list[Identity | None]:
    """Return who sent each request, or None if the secret isn't valid."""
    tokens = {each.secret for each in requests if each.is_token}
    sessions = {each.secret for each in requests if not each.is_token}
    by_token = dict(zip(tokens, users_of_tokens(list(tokens)), strict=True)) if tokens else {}
    by_session = dict(zip(sessions, users_of_sessions(list(sessions)), strict=True)) if sessions else {}
    users = {found.user.pk for found in (*by_token.values(), *by_session.values()) if found is not None}
    blocklists = blocklists_for(users)
    return [
        _of_token(by_token[each.secret], blocklists)
        if each.is_token
        else _of_session(by_session[each.secret], blocklists)
        for each in requests
    ]


def _of_token(found: TokenUser | None, blocklists: Mapping[int, Blocklist]) -> Identity | None:
    if found is None:
        return None
    return Identity(found.user, found.scopes, blocklists[found.user.pk].blocked, token_id=found.token_id)


def _of_session(found: SessionUser | None, blocklists: Mapping[int, Blocklist]) -> Identity | None:
    if found is None:
        return None
    return Identity(found.user, ALL_SCOPES, blocklists[found.user.pk].blocked, session_key=found.session_key)


def _require_own_page(method: str, headers: dict[str, str]) -> None:
    """Reject changes that another site's page sends with the user's cookie. Browsers name the page's origin in them."""
    if method in SAFE:
        return
    origin = headers.get("origin", "")
    if not origin or not is_same_origin(origin, headers.get("host", "")):
        raise WrongOrigin
