"""Admin actions on users, with the resulting messages, shared by several pages."""

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.auth.revocation import disconnect
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import Connection, User
from accounts.reporting.confirmation import succeed

NAMED = 10  # people named in a question


def problem_with_changing(actor: User | AnonymousUser, user: User) -> str:
    """Return why the actor may not act on this user, who must not have more permissions, or ""."""
    if not actor.has_perm("accounts.change_user") or has_more_permissions(user, than=actor):
        return _("You can’t do that to %(name)s, who has more permissions than you.") % {"name": user.name}
    return ""


def problem_with_suspending(actor: User | AnonymousUser, user: User) -> str:
    """Return why the actor may not suspend this user, or ""."""
    return problem_with_changing(actor, user) or (_("You can’t suspend yourself.") if user == actor else "")


def has_more_permissions(user: User, *, than: User | AnonymousUser) -> bool:
    """Return whether a user has a permission that `than` lacks, who could otherwise get it with a new password."""
    if user.is_superuser or than.is_superuser:
        return not than.is_superuser
    # Django returns no permissions of suspended users.
    return not User(pk=user.pk).get_all_permissions() <= than.get_all_permissions()


def suspend_people(request: HttpRequest, users: Iterable[User]) -> None:
    """Suspend users permanently. The message has a button that reinstates those who weren't suspended before."""
    suspended = []
    for user in users:
        if problem := problem_with_suspending(request.user, user):
            messages.error(request, problem)
        else:
            was_active = user.is_active
            suspend(user=user)
            suspended += [user] if was_active else []
    if suspended:
        one, many = _("%(name)s has been suspended and disconnected."), _("%(names)s have been suspended.")
        undo_url = reverse("admin:accounts_user_reinstatement")
        succeed(
            request, _named(suspended, one, many), undo_url=undo_url, fields=[("user", each.pk) for each in suspended]
        )


def reinstate_people(request: HttpRequest, users: Iterable[User]) -> None:
    reinstated = []
    for user in users:
        if problem := problem_with_changing(request.user, user):
            messages.error(request, problem)
        elif not user.is_active:
            if reinstate(user=user):
                reinstated.append(user)
            else:
                text = _("%(name)s will work again when its owner is reinstated.")
                messages.error(request, text % {"name": user.name})
    if reinstated:
        succeed(request, _named(reinstated, _("%(name)s has been reinstated."), _("%(names)s have been reinstated.")))


def describe_suspension(users: list[User]) -> list[str]:
    """Return what a permanent suspension of these users will do."""
    one = _("%(name)s will be logged out everywhere and can’t log in until an admin reinstates them.")
    many = _("%(names)s will be logged out everywhere and can’t log in until an admin reinstates them.")
    tokens = _("Their API tokens are revoked, which can’t be undone. Their bots stop until they are reinstated.")
    return [_named(users, one, many), tokens, _("Their messages and files stay."), _("You can undo the suspension.")]


def close_connections(request: HttpRequest, connections: Iterable[Connection]) -> None:
    allowed = []
    for connection in connections:
        if problem := problem_with_changing(request.user, connection.user):
            messages.error(request, problem)
        else:
            allowed.append(connection)
    disconnect(connections=allowed)
    if count := len(allowed):
        text = ngettext(
            "%(count)d connection closed. People who can log in can reconnect.",
            "%(count)d connections closed. People who can log in can reconnect.",
            count,
        )
        messages.success(request, text % {"count": count})


def _named(users: list[User], one: str, many: str) -> str:
    """Return a sentence about one user or several, of whom the first are named."""
    if len(users) == 1:
        return one % {"name": users[0].name}
    names = ", ".join(user.name for user in users[:NAMED])
    if (others := len(users) - NAMED) > 0:
        names = ngettext("%(names)s and %(n)s other", "%(names)s and %(n)s others", others) % {
            "names": names,
            "n": others,
        }
    return many % {"names": names}
