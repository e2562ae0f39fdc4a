"""What administrators do to people from more than one page, and the answers they read."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest

from accounts.auth.revocation import disconnect
from accounts.lifecycle.suspension import restore, suspend
from accounts.models import Connection, User


def may_change(request: HttpRequest, user: User) -> bool:
    """Only superusers lay hands on superusers."""
    by = request.user
    return by.has_perm("accounts.change_user") and (by.is_superuser or not user.is_superuser)


def set_active(request: HttpRequest, user: User, is_active: bool) -> None:
    if not may_change(request, user):
        messages.error(request, f"Only a superuser can do that to {user.name}.")
    elif is_active:
        restore(user=user)
        messages.success(request, f"{user.name} can log in again.")
    elif user == request.user:
        messages.error(request, "You can’t suspend yourself.")
    else:
        suspend(user=user)
        messages.success(request, f"{user.name} has been suspended and disconnected.")


def close_connections(request: HttpRequest, connections: Iterable[Connection]) -> None:
    allowed = []
    for connection in connections:
        if may_change(request, connection.user):
            allowed.append(connection)
        else:
            messages.error(request, f"Only a superuser can do that to {connection.user.name}.")
    disconnect(connections=allowed)
    if allowed:
        what = "1 connection" if len(allowed) == 1 else f"{len(allowed)} connections"
        messages.success(request, f"{what} closed. People who can log in can reconnect.")
