"""The scopes of API tokens, which limit what their holders may do with them."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Scope
from rooms.errors import Forbidden

Scopes = frozenset[Scope] | None  # None for a session, which may do everything that its user may do


class MissingScope(Forbidden):
    def __init__(self, scope: Scope) -> None:
        super().__init__(format_lazy(_("This token doesn’t have the scope “{scope}”."), scope=scope.value))


def require_scope(scopes: Scopes, scope: Scope | None) -> None:
    """Raise MissingScope unless a token with these scopes has this one, if one is needed."""
    if scopes is not None and scope is not None and scope not in scopes:
        raise MissingScope(scope)
