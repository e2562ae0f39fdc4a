"""Admin actions on users, with the resulting messages, shared by several pages."""

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.auth.revocation import disconnect
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import Connection, User


def can_change(request: HttpRequest, user: User) -> bool:
    """Return whether the request's user may act on `user`, who must not have more permissions."""
    return request.user.has_perm("accounts.change_user") and not has_more_permissions(user, than=request.user)


def has_more_permissions(user: User, *, than: User | AnonymousUser) -> bool:
    """Return whether a user has a permission that `than` lacks, who could otherwise get it with a new password."""
    if user.is_superuser or than.is_superuser:
        return not than.is_superuser
    # Django returns no permissions of suspended users.
    return not User(pk=user.pk).get_all_permissions() <= than.get_all_permissions()


def set_active(request: HttpRequest, user: User, is_active: bool) -> None:
    """Suspend or reinstate a user."""
    if not can_change(request, user):
        _refuse(request, user)
    elif is_active:
        reinstate(user=user)
        messages.success(request, _("%(name)s has been reinstated.") % {"name": user.name})
    elif user == request.user:
        messages.error(request, _("You can’t suspend yourself."))
    else:
        suspend(user=user)
        messages.success(request, _("%(name)s has been suspended and disconnected.") % {"name": user.name})


def close_connections(request: HttpRequest, connections: Iterable[Connection]) -> None:
    allowed = []
    for connection in connections:
        if can_change(request, connection.user):
            allowed.append(connection)
        else:
            _refuse(request, connection.user)
    disconnect(connections=allowed)
    if count := len(allowed):
        text = ngettext(
            "%(count)d connection closed. People who can log in can reconnect.",
            "%(count)d connections closed. People who can log in can reconnect.",
            count,
        )
        messages.success(request, text % {"count": count})


def _refuse(request: HttpRequest, user: User) -> None:
    messages.error(
        request, _("You can’t do that to %(name)s, who has more permissions than you.") % {"name": user.name}
    )
