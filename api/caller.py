"""Authenticates requests by an API token or by the session cookie of the site's own pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.auth.credentials import Authenticated, Credential, credential_of, users_of
from accounts.auth.tokens import TokenUser
from accounts.models import User, blocklists_for
from api.errors import Unauthenticated, WrongOrigin
from live.http.origin import is_same_origin
from rooms.scopes import Scopes

SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Identity:
    """The user who sent a request. `blocked`: ids of the users whom they block."""

    authenticated: Authenticated
    blocked: frozenset[int]

    @property
    def user(self) -> User:
        return self.authenticated.user

    @property
    def scopes(self) -> Scopes:
        return self.authenticated.scopes

    @property
    def token(self) -> TokenUser | None:
        return self.authenticated if isinstance(self.authenticated, TokenUser) else None


def require_credential(scope: Mapping[str, Any], headers: Mapping[str, str]) -> Credential:
    """Return the credential of a request. Raises Unauthenticated, or WrongOrigin for another site with a cookie."""
    credential = credential_of(scope)
    if not any(credential):
        raise Unauthenticated
    if credential.token is None:
        _require_own_page(scope["method"], headers)
    return credential


def identify(credentials: Sequence[Credential]) -> list[Identity | None]:
    """Return who sent each request, or None if the credential isn't valid."""
    found = users_of(credentials)
    blocklists = blocklists_for({each.user.pk for each in found if each is not None})
    return [Identity(each, blocklists[each.user.pk].blocked) if each is not None else None for each in found]


def _require_own_page(method: str, headers: Mapping[str, str]) -> None:
    """Reject changes that another site's page sends with the user's cookie. Browsers name the page's origin in them."""
    if method in SAFE:
        return
    origin = headers.get("origin", "")
    if not origin or not is_same_origin(origin, headers.get("host", "")):
        raise WrongOrigin
